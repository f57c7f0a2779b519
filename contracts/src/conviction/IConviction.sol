// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../IGainsay.sol";
import {Demand, IChecker} from "../proof/IChecker.sol";

/// @title Conviction: fraud proven on chain, and what a proof needs brought there
/// @notice Three things anybody can do with a revealed result:
///
/// - convict it. A proof shows that no honest node can have revealed this trace. It is committed at least a block before
///   it is shown, so that a copycat who sees it in the mempool comes too late.
/// - demand a part of its trace, where the node revealed a root and keeps the data to itself. The node supplies it in
///   time or loses its bond as if convicted:
///
///     open --supply--> supplied --finalized--> paid
///       |                  | rejected
///       +--withheld, or--> returned
///          settlement
///
/// - appeal to the model's arbiter, with evidence that anybody can replay.
///
/// Convictions and demands exist only for models that are registered with a rule by which the contract can convict.
///
/// @dev Holds the fees of demands that are not settled and nothing else. Calls nobody but Gainsay, which is fixed at
/// deployment, the checker, which is fixed, too, and only read, and the burn address. Everything paid goes into Gainsay's
/// ledger of credits, so no receiver is ever called from here. All times are seconds, all amounts wei.
interface IConviction {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice Where a demand stands. Values are stable: append only.
    /// - Open: neither supplied nor settled
    /// - Supplied: the data were on chain in time
    /// - Paid: the plain fee is the node's, which had done nothing wrong
    /// - Returned: the fee is the demander's again: all of it when the result was rejected, the plain fee when it stood
    enum DemandStatus {
        None,
        Open,
        Supplied,
        Paid,
        Returned
    }

    /// @notice What demands cost and how long they take, fixed at deployment.
    /// @dev A demand must cost its maker what it costs the node, or it is a weapon against honest nodes; more than that
    /// only keeps the honest from demanding. At a gas price of g wei and trees of depth h:
    ///
    ///   baseFee  >= g * (21,000 for the transaction + 100,000 for reading Gainsay, storing and announcing
    ///               + 16 * 1,200 bytes of header and of its path + 500 * h for hashing the path)
    ///   chunkFee >= g * (256 + 32 * h bytes, at 16 of calldata + 8 of log + 4 of memory each + 500 * (h + 2) for hashing)
    ///
    /// or 40 gas a byte of calldata where that is more (EIP-7623), and 2,100 for every 32 bytes of a long model URI. With
    /// h = 20 that is about 150,000 and 40,000 gas: at 20 gwei, 0.003 and 0.0008 ether. Take the highest price at which
    /// the chain is to be usable, and a supplyWindow in which nobody could afford to hold up that price in order to keep
    /// an answer out of the blocks.
    ///
    /// These are the plain fees. A demand costs them times 2^(n / 8) rounded down, where n demands of the same result were
    /// made before, supplied or not. So there is no number of demands that keeps further ones out, and C wei pay for at
    /// most 8 * (1 + log2(1 + C / (8 * baseFee))) of them: at 0.003 ether, 64 cost 6 ether and 160 cost 25,000. The
    /// supplyWindow must leave time for as many answers, and a node must have the gas for them; it gets that back.
    /// @param supplyWindow seconds after a demand in which the data must be supplied
    /// @param useWindow seconds after that in which the result can at least still be convicted. With `supplyWindow` at
    /// most one conviction window: so long demands can delay a settlement, however many there are
    /// @param baseFee wei for a demand, before it doubles
    /// @param chunkFee wei for each chunk demanded, before it doubles
    struct DemandTerms {
        uint64 supplyWindow;
        uint64 useWindow;
        uint256 baseFee;
        uint256 chunkFee;
    }

    /// @notice A demand as stored.
    /// @param until last second at which it can be supplied
    /// @param demand which chunks of which tensor of the trace
    /// @param fee wei held for it until its result is settled
    struct DemandRecord {
        bytes32 resultId;
        address demander;
        uint64 until;
        DemandStatus status;
        Demand demand;
        uint256 fee;
    }

    // ------------------------------------------------------------------------------------------------------ events

    event Committed(bytes32 indexed commitment);
    /// @param proofHash keccak256 of the proof, which is in the transaction's calldata
    event Convicted(bytes32 indexed resultId, address indexed convictor, bytes32 proofHash);
    /// @param fee wei it cost
    event Demanded(
        bytes32 indexed resultId,
        bytes32 indexed demandId,
        address indexed demander,
        uint32 entry,
        uint32 first,
        uint32 count,
        uint64 until,
        uint256 fee
    );
    /// @param data what was demanded. Here and not only in calldata, so that whoever follows the log has it: behind
    /// another contract, calldata are in no transaction. At 8 gas a byte it costs less than getting it here
    event Supplied(bytes32 indexed resultId, bytes32 indexed demandId, address indexed supplier, bytes data);
    event Withheld(bytes32 indexed resultId, bytes32 indexed demandId, address indexed demander);
    /// @param status Paid or Returned
    /// @param burnt wei of its fee that were burnt: what it cost above the plain fee, when the result stood
    event DemandSettled(bytes32 indexed resultId, bytes32 indexed demandId, DemandStatus status, uint256 burnt);
    /// @param evidenceHash sha256 of the evidence
    /// @param uri where to fetch it; may be empty when `data` is given
    /// @param data the evidence itself, or nothing
    event Appealed(bytes32 indexed resultId, address indexed appellant, bytes32 evidenceHash, string uri, bytes data);

    // ------------------------------------------------------------------------------------------------------ errors

    /// @notice Thrown by the constructor when Gainsay names another conviction contract.
    error NotSeated(address seated);
    /// @notice Thrown when the model's registration leaves disputes to its arbiter alone.
    error NotProvable(bytes32 modelId);
    /// @notice Thrown when a proof was not committed in an earlier block, in this form, by its sender.
    error NotCommitted(bytes32 commitment);
    /// @notice Thrown when a proof shows nothing that an honest node cannot have revealed.
    error NotGuilty(bytes32 resultId);
    /// @notice Thrown when more than MAX_CHUNKS are demanded at once.
    error TooManyChunks(uint32 count);
    /// @notice Thrown when the fee of one more demand would be no number any more. See MAX_DOUBLINGS: it takes more ether
    /// than there is to come this far.
    error TooManyDemands(bytes32 resultId);
    /// @notice Thrown when an honest node could not supply what is demanded.
    error NotDemandable(bytes32 resultId);
    /// @notice Thrown when the very same demand was made already.
    error DemandExists(bytes32 demandId);
    /// @notice Thrown when a demand's move does not start from the status it needs.
    error WrongDemandStatus(bytes32 demandId, DemandStatus status);
    /// @notice Thrown when what is supplied is not what was demanded.
    error NotDemanded(bytes32 demandId);
    /// @notice Thrown when there is no arbiter to appeal to.
    error NoArbiter(bytes32 modelId);
    /// @notice Thrown when an account appeals twice.
    error AppealExists(bytes32 resultId, address appellant);

    // ------------------------------------------------------------------------------------------------- convictions

    /// @notice Announces a proof without showing it. Who sends it does not matter: `commitmentOf` says whose it is.
    /// @dev The block is stored once. A copycat who sends the same commitment again moves nothing.
    function commit(bytes32 commitment) external;

    /// @notice Shows a proof that the caller committed in an earlier block. revealed -> rejected
    /// @param proof in the encoding of the checker
    /// @param salt that of the commitment
    function convict(bytes32 resultId, bytes calldata proof, bytes32 salt) external;

    // ----------------------------------------------------------------------------------------------------- demands

    /// @notice Demands a part of a revealed trace, for `feeOf` its chunks. Within the conviction window as the reveal set
    /// it, extensions left out, so that demands do not breed time for demands. Keeps the result open for `useWindow`
    /// after the supply.
    /// @dev More may be sent than the fee, and is credited at once (DemandReturned): demands that others get in first may
    /// raise it. Twice what `feeOf` says is enough where no more than eight do.
    /// @param proof that every honest node could supply it, in the encoding of the checker
    function demand(bytes32 resultId, Demand calldata what, bytes calldata proof)
        external
        payable
        returns (bytes32 demandId);

    /// @notice Supplies what was demanded. Anyone may; the fee is the node's whoever does. open -> supplied
    /// @param data in the encoding of the checker
    function supply(bytes32 demandId, bytes calldata data) external;

    /// @notice Rejects a result whose node did not supply what was demanded, and returns this demand's fee. Anyone may;
    /// reward and fee are the demander's. open -> returned
    function claimWithheld(bytes32 demandId) external;

    /// @notice Ends a demand whose result is settled. Anyone may. open | supplied -> paid | returned
    /// @dev When the result was rejected, the demander is credited all it paid, whoever supplied: it was right to ask.
    /// When the result stood, the plain fee is credited, to the node if it was supplied and else to the demander, and
    /// what it cost above that is burnt. Also of what was not supplied, or a node would keep others from asking for free
    /// by demands that it neither supplies nor claims.
    function settleDemand(bytes32 demandId) external;

    // ----------------------------------------------------------------------------------------------------- appeals

    /// @notice Calls on the model's arbiter to rule on a revealed result, once per account and result.
    /// @param evidenceHash sha256 of the evidence: a replay that anybody can repeat
    /// @param uri where to fetch it; may be empty when `data` is given
    /// @param data the evidence itself, or nothing
    function appeal(bytes32 resultId, bytes32 evidenceHash, string calldata uri, bytes calldata data) external;

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Name and version of this protocol; a watcher refuses to act on any other.
    function VERSION() external view returns (string memory);
    function gainsay() external view returns (IGainsay);
    function checker() external view returns (IChecker);
    function demandTerms() external view returns (DemandTerms memory);
    /// @notice Wei that a demand of this many chunks of this result's trace costs now.
    function feeOf(bytes32 resultId, uint32 count) external view returns (uint256);
    /// @notice How many demands of this result's trace were made.
    function demandCountOf(bytes32 resultId) external view returns (uint256);
    function demandOf(bytes32 demandId) external view returns (DemandRecord memory);
    /// @notice The id that `demand` would give.
    function demandIdOf(bytes32 resultId, Demand calldata what) external view returns (bytes32);
    /// @notice Block in which a commitment was stored; zero if there is no such thing.
    function committedAt(bytes32 commitment) external view returns (uint256 blockNumber);
    /// @notice What `commit` takes.
    /// @dev Names the convictor, so that nobody else can use it, and the proof, so that nobody can stock commitments to
    /// results and fill in whatever proof comes by.
    /// @param proofHash keccak256 of the proof
    function commitmentOf(address convictor, bytes32 resultId, bytes32 proofHash, bytes32 salt)
        external
        view
        returns (bytes32);
    function hasAppealed(bytes32 resultId, address account) external view returns (bool);
}
