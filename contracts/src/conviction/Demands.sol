// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {IGainsay} from "../IGainsay.sol";
import {Demand, Subject} from "../proof/IChecker.sol";
import {IConviction} from "./IConviction.sol";
import {Subjects} from "./Subjects.sol";

/// @title Demands: what a node keeps to itself, wanted on chain
/// @notice Without them a guilty node would reveal a root over data that nobody else has, and no proof could be built.
/// @dev A demand's fee stays here until its result is settled. Then exactly one account is credited: somebody who was
/// right to ask loses nothing, somebody who was not has paid what the answer cost.
///
/// Each further demand of one result costs more, exponentially, as there are two who would make many: a griefer, to flood
/// an honest node, and a guilty node itself, to leave no place for others. A limit on their number would stop the first
/// and help the second. What a demand costs above the plain fee is burnt once the result stands: were it the node's, its
/// own demands would cost it nothing, and were it the demander's, unanswered ones would not.
abstract contract Demands is Subjects {
    /// @notice Most chunks of one demand: what a supply needs must fit well into a block.
    uint32 public constant MAX_CHUNKS = 16;
    /// @notice Shortest window in seconds. Short enough for a local chain; a real one needs hours.
    uint64 public constant MIN_WINDOW = 5 seconds;
    /// @notice Smallest fee in wei. Not zero: what costs nothing would be demanded for nothing.
    uint256 public constant MIN_FEE = 1 gwei;
    /// @notice Largest fee in wei. A demand that nobody can afford shields whoever withholds.
    uint256 public constant MAX_FEE = 1 ether;
    /// @notice How many demands of one result cost the same; the next so many cost twice that. Enough for a few people
    /// who ask at once, few enough that C wei pay for no more than 8 * (1 + log2(1 + C / (8 * fee))) of them.
    uint256 public constant DEMANDS_PER_DOUBLING = 8;
    /// @notice How often the fee doubles. No place can be filled by this limit: even at MIN_FEE the last demands would
    /// cost more than all ether there is. It only keeps the fee a number.
    uint256 public constant MAX_DOUBLINGS = 64;
    /// @notice Where fees are burnt: where Gainsay burns bonds.
    address public constant BURN = 0x000000000000000000000000000000000000dEaD;

    uint64 private immutable SUPPLY_WINDOW;
    uint64 private immutable USE_WINDOW;
    uint256 private immutable BASE_FEE;
    uint256 private immutable CHUNK_FEE;

    mapping(bytes32 demandId => DemandRecord) private _demands;
    mapping(bytes32 resultId => uint256) private _made;

    constructor(DemandTerms memory terms) {
        // Together at most one conviction window, which is half of what Gainsay allows: an extension never fails.
        uint64 most = GAINSAY.parameters().convictionWindow;
        if (terms.supplyWindow < MIN_WINDOW || terms.supplyWindow > most) {
            revert IGainsay.ParameterOutOfBounds("supplyWindow");
        }
        if (terms.useWindow < MIN_WINDOW || terms.useWindow > most - terms.supplyWindow) {
            revert IGainsay.ParameterOutOfBounds("useWindow");
        }
        if (terms.baseFee < MIN_FEE || terms.baseFee > MAX_FEE) revert IGainsay.ParameterOutOfBounds("baseFee");
        if (terms.chunkFee < MIN_FEE || terms.chunkFee > MAX_FEE) revert IGainsay.ParameterOutOfBounds("chunkFee");

        SUPPLY_WINDOW = terms.supplyWindow;
        USE_WINDOW = terms.useWindow;
        BASE_FEE = terms.baseFee;
        CHUNK_FEE = terms.chunkFee;
    }

    /// @inheritdoc IConviction
    function demand(bytes32 resultId, Demand calldata what, bytes calldata proof)
        external
        payable
        returns (bytes32 demandId)
    {
        if (what.count > MAX_CHUNKS) revert TooManyChunks(what.count);
        // A header has no first chunk: every other number would be the same demand again.
        if (what.count == 0 && what.first != 0) revert NotDemandable(resultId);
        uint256 fee = feeOf(resultId, what.count);
        if (msg.value < fee) revert IGainsay.WrongValue(msg.value, fee);
        demandId = demandIdOf(resultId, what);
        if (_demands[demandId].status != DemandStatus.None) revert DemandExists(demandId);

        (Subject memory subject, uint64 convictionEnd) = _subjectOf(resultId);
        if (block.timestamp > convictionEnd) revert IGainsay.WindowOver(convictionEnd);
        if (!CHECKER.isDemandable(subject, what, proof)) revert NotDemandable(resultId);

        uint64 until = uint64(block.timestamp) + SUPPLY_WINDOW;
        _made[resultId]++;
        _demands[demandId] = DemandRecord({
            resultId: resultId, demander: msg.sender, until: until, status: DemandStatus.Open, demand: what, fee: fee
        });
        emit Demanded(resultId, demandId, msg.sender, what.entry, what.first, what.count, until, fee);
        GAINSAY.extend(resultId, until + USE_WINDOW);
        // Sent for the case that others are faster, and not needed.
        if (msg.value > fee) {
            GAINSAY.credit{value: msg.value - fee}(msg.sender, resultId, IGainsay.Reason.DemandReturned);
        }
    }

    /// @inheritdoc IConviction
    function supply(bytes32 demandId, bytes calldata data) external {
        DemandRecord storage d = _openDemand(demandId);
        if (block.timestamp > d.until) revert IGainsay.WindowOver(d.until);
        (Subject memory subject,) = _subjectOf(d.resultId);
        if (!CHECKER.isSupplied(subject, d.demand, data)) revert NotDemanded(demandId);

        d.status = DemandStatus.Supplied;
        emit Supplied(d.resultId, demandId, msg.sender, data);
    }

    /// @inheritdoc IConviction
    function claimWithheld(bytes32 demandId) external {
        DemandRecord storage d = _openDemand(demandId);
        if (block.timestamp <= d.until) revert IGainsay.WindowOpen(d.until);

        (bytes32 resultId, address demander, uint256 fee) = (d.resultId, d.demander, d.fee);
        d.status = DemandStatus.Returned;
        emit Withheld(resultId, demandId, demander);
        GAINSAY.convict(resultId, demander, IGainsay.Cause.Withheld);
        // The result is rejected, so all of the fee is the demander's: nobody has to come back for it.
        emit DemandSettled(resultId, demandId, DemandStatus.Returned, 0);
        GAINSAY.credit{value: fee}(demander, resultId, IGainsay.Reason.DemandReturned);
    }

    /// @inheritdoc IConviction
    function settleDemand(bytes32 demandId) external {
        DemandRecord storage d = _demands[demandId];
        bytes32 resultId = d.resultId;
        DemandStatus was = d.status;
        if (was != DemandStatus.Open && was != DemandStatus.Supplied) revert WrongDemandStatus(demandId, was);
        IGainsay.Status settled = GAINSAY.statusOf(resultId);
        if (settled != IGainsay.Status.Finalized && settled != IGainsay.Status.Rejected) {
            revert IGainsay.WrongStatus(resultId, settled);
        }

        bool stood = settled == IGainsay.Status.Finalized;
        bool isPaid = stood && was == DemandStatus.Supplied;
        uint256 burnt = stood ? d.fee - _plainFeeOf(d.demand.count) : 0;
        d.status = isPaid ? DemandStatus.Paid : DemandStatus.Returned;
        emit DemandSettled(resultId, demandId, d.status, burnt);
        GAINSAY.credit{value: d.fee - burnt}(
            isPaid ? GAINSAY.resultOf(resultId).node : d.demander,
            resultId,
            isPaid ? IGainsay.Reason.DemandPaid : IGainsay.Reason.DemandReturned
        );
        // The outcome is ignored, as Gainsay does: a burn must not block a settlement.
        if (burnt != 0) LowLevelCall.callNoReturn(BURN, burnt, "");
    }

    /// @inheritdoc IConviction
    function demandTerms() external view returns (DemandTerms memory) {
        return DemandTerms({supplyWindow: SUPPLY_WINDOW, useWindow: USE_WINDOW, baseFee: BASE_FEE, chunkFee: CHUNK_FEE});
    }

    /// @inheritdoc IConviction
    function demandOf(bytes32 demandId) external view returns (DemandRecord memory) {
        return _demands[demandId];
    }

    /// @inheritdoc IConviction
    function demandCountOf(bytes32 resultId) external view returns (uint256) {
        return _made[resultId];
    }

    /// @inheritdoc IConviction
    function feeOf(bytes32 resultId, uint32 count) public view returns (uint256) {
        uint256 doublings = _made[resultId] / DEMANDS_PER_DOUBLING;
        if (doublings > MAX_DOUBLINGS) revert TooManyDemands(resultId);
        // Below 2^160, whatever the count: no bit is shifted out.
        return _plainFeeOf(count) << doublings;
    }

    /// @inheritdoc IConviction
    function demandIdOf(bytes32 resultId, Demand calldata what) public pure returns (bytes32) {
        return keccak256(abi.encode(resultId, what));
    }

    /// @dev What an answer costs, whoever else asks.
    function _plainFeeOf(uint32 count) private view returns (uint256) {
        return BASE_FEE + count * CHUNK_FEE;
    }

    function _openDemand(bytes32 demandId) private view returns (DemandRecord storage d) {
        d = _demands[demandId];
        if (d.status != DemandStatus.Open) revert WrongDemandStatus(demandId, d.status);
    }
}
