// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

/// @title Gainsay: inference results under a bond, open to challenge
/// @notice The life of a result:
///
///   requested --post--> posted --window over--------------------------> finalized
///       | deadline        | challenge                                       ^
///       v                 v                                                 | window over
///    expired          challenged --reveal--> revealed ----------------------+
///                         | silence             | conviction, ruling or withholding
///                         +------> rejected <---+
///
/// While a result is revealed, the conviction contract can extend its window, within a bound.
///
/// @dev Identifiers commit to what they name (content, parties, contract, chain), so that a reorg can never make an id
/// mean something else: a signed challenge is either about the result its watcher judged, or reverts.
/// All times are seconds, all amounts wei. Balances are credited and pulled; no settlement makes an external call to
/// anyone but the burn address.
interface IGainsay {
    // ------------------------------------------------------------------------------------------------------- types

    /// @notice Where a request and its result stand. Values are stable: append only.
    enum Status {
        None,
        Requested,
        Posted,
        Challenged,
        Revealed,
        Rejected,
        Finalized,
        Expired
    }

    /// @notice How a replay is compared with the posted output. Values are stable: append only.
    enum Precision {
        Exact,
        Fp32
    }

    /// @notice How the contract itself can convict, by the model's registration. Values are stable: append only.
    /// - Arbiter: it cannot; disputes go to the model's arbiter
    /// - WorstCase: an element beyond the worst-case rounding error of its operator
    /// - Probabilistic: an element beyond the probabilistic bound with the registered lambda
    /// - EqualBits: an element with other bits than the canonical order of summation gives. The seat is kept: no model
    ///   can be registered with it yet
    enum Rule {
        Arbiter,
        WorstCase,
        Probabilistic,
        EqualBits
    }

    /// @notice Why a result was rejected. Values are stable: append only.
    /// - Silence: the node was challenged and did not reveal its trace
    /// - Ruling: the model's arbiter ruled against the result
    /// - Conviction: somebody proved the fraud
    /// - Withheld: the node did not supply a part of its trace that somebody demanded
    enum Cause {
        Silence,
        Ruling,
        Conviction,
        Withheld
    }

    /// @notice Why an account was credited. Values are stable: append only.
    /// - Fee: the node's pay for a finalized result
    /// - Refund: the requester's fee back, after expiry or rejection
    /// - Reward: the challenger's (or convictor's) share of a slashed bond
    /// - Compensation: the requester's share of a slashed bond
    /// - ChallengeBondReturned: the challenger was right
    /// - ChallengeBondForfeited: the challenger was not, the node receives the bond
    /// - Unbonded: the node took free bond out
    /// - DemandPaid: the node's pay for supplying a part of its trace, from whoever demanded it for nothing
    /// - DemandReturned: the fee back to whoever demanded a part of a trace
    enum Reason {
        Fee,
        Refund,
        Reward,
        Compensation,
        ChallengeBondReturned,
        ChallengeBondForfeited,
        Unbonded,
        DemandPaid,
        DemandReturned
    }

    /// @notice The protocol's constants, fixed at deployment.
    /// @param challengeWindow seconds after posting in which a result can be challenged
    /// @param revealWindow seconds after a challenge in which the node must reveal its trace
    /// @param convictionWindow seconds after a reveal in which the result can be convicted or ruled against
    /// @param nodeBond wei of a node's bond locked for each result it posts
    /// @param challengeBond wei a challenger puts up
    /// @param rewardBps share of a slashed node bond paid to whoever got it slashed, in 1/10,000
    /// @param burnBps share of a slashed node bond burnt, in 1/10,000; what is left compensates the requester
    /// @param conviction contract whose proofs reject a revealed result; zero leaves that seat empty. It is deployed
    /// after this one, at an address predicted from its deployer's nonce, and checks that it is the one named here
    struct Parameters {
        uint64 challengeWindow;
        uint64 revealWindow;
        uint64 convictionWindow;
        uint256 nodeBond;
        uint256 challengeBond;
        uint16 rewardBps;
        uint16 burnBps;
        address conviction;
    }

    /// @notice Tensors, inline or by reference.
    /// @param hash sha256 of the bytes
    /// @param uri where to fetch them; may be empty when `data` is given
    /// @param data the bytes themselves; empty when they are to be fetched from `uri`
    struct Payload {
        bytes32 hash;
        string uri;
        bytes data;
    }

    /// @notice A registered model. Its id is the hash of all of this, so nobody can register it first with other terms.
    /// @param modelHash sha256 of the ONNX file
    /// @param graphRoot commitment to operators and weights; needed wherever the contract itself is to convict
    /// @param uri where to fetch the ONNX file
    /// @param precision how outputs are compared
    /// @param tolerance largest accepted norm-scaled distance, in 1e-18; zero for Exact
    /// @param arbiter who rules on revealed disputes; zero for nobody
    /// @param rule how the contract itself can convict
    /// @param lambda of the probabilistic bound, 6 to 64; zero with every other rule
    struct Model {
        bytes32 modelHash;
        bytes32 graphRoot;
        string uri;
        Precision precision;
        uint256 tolerance;
        address arbiter;
        Rule rule;
        uint16 lambda;
    }

    /// @notice A request as stored. The first three share a slot, as a settlement needs all of them.
    /// @param node the only node that may answer; zero for any bonded node
    /// @param resultId zero until posted
    /// @param inputHash sha256 of the input
    struct Request {
        address requester;
        uint64 deadline;
        Status status;
        address node;
        bytes32 modelId;
        uint256 fee;
        bytes32 resultId;
        bytes32 inputHash;
    }

    /// @notice A result as stored.
    /// @param windowEnd second at which the present status' window is over: the last second that counts as inside it
    /// @param challenger zero until challenged
    /// @param convictionEnd second at which the conviction window is over unless it is extended; zero until revealed
    /// @param traceRoot zero until revealed
    /// @param outputHash sha256 of the posted output
    struct Result {
        bytes32 requestId;
        address node;
        uint64 windowEnd;
        address challenger;
        uint64 convictionEnd;
        bytes32 traceRoot;
        bytes32 outputHash;
    }

    /// @notice All that a proof is about, in one reading.
    /// @param convictionEnd end of the conviction window as the reveal set it
    struct Dispute {
        Status status;
        uint64 convictionEnd;
        bytes32 modelId;
        Rule rule;
        uint16 lambda;
        bytes32 graphRoot;
        bytes32 traceRoot;
        bytes32 inputHash;
        bytes32 outputHash;
    }

    // ------------------------------------------------------------------------------------------------------ events

    event ModelRegistered(
        bytes32 indexed modelId,
        bytes32 indexed modelHash,
        address indexed registrant,
        bytes32 graphRoot,
        string uri,
        Precision precision,
        uint256 tolerance,
        address arbiter,
        Rule rule,
        uint16 lambda
    );
    event Bonded(address indexed node, uint256 amount, uint256 free, uint256 locked);
    event Unbonded(address indexed node, uint256 amount, uint256 free, uint256 locked);
    event Requested(
        bytes32 indexed requestId,
        bytes32 indexed modelId,
        address indexed requester,
        address node,
        uint256 fee,
        uint64 deadline,
        Payload input
    );
    /// @param bond wei of the node's bond locked for this result
    event Posted(
        bytes32 indexed resultId,
        bytes32 indexed requestId,
        address indexed node,
        uint64 windowEnd,
        uint256 bond,
        Payload output
    );
    event Challenged(bytes32 indexed resultId, address indexed challenger, uint256 bond, uint64 windowEnd);
    event Revealed(bytes32 indexed resultId, bytes32 traceRoot, string uri, uint64 windowEnd);
    event Extended(bytes32 indexed resultId, uint64 windowEnd);
    event Rejected(bytes32 indexed resultId, Cause cause, address indexed by, uint256 slashed, uint256 burnt);
    event Finalized(bytes32 indexed resultId);
    event Expired(bytes32 indexed requestId);
    /// @param id the result (or, for an expired request's refund, the request; for Unbonded, zero) it was credited for
    event Credited(address indexed account, bytes32 indexed id, Reason reason, uint256 amount);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    // ------------------------------------------------------------------------------------------------------ errors

    /// @notice Thrown by the constructor when a parameter is outside its bounds.
    error ParameterOutOfBounds(string name);
    /// @notice Thrown when a move does not start from the status it needs.
    error WrongStatus(bytes32 id, Status status);
    /// @notice Thrown when the window in which a move is possible is over.
    error WindowOver(uint64 windowEnd);
    /// @notice Thrown when a move needs a window to be over that is still open.
    error WindowOpen(uint64 windowEnd);
    /// @notice Thrown when the caller is not who may make this move.
    error NotAllowed(address caller);
    /// @notice Thrown when the model is not registered.
    error UnknownModel(bytes32 modelId);
    /// @notice Thrown when the very same model terms are registered already.
    error ModelExists(bytes32 modelId);
    /// @notice Thrown when a model's terms contradict each other or are empty.
    error BadModel();
    /// @notice Thrown when inline data do not have the given hash.
    error HashMismatch(bytes32 given, bytes32 actual);
    /// @notice Thrown when a payload has neither inline data nor a URI.
    error EmptyPayload();
    /// @notice Thrown when a URI is longer than MAX_URI bytes.
    error UriTooLong(uint256 length);
    /// @notice Thrown when a request's deadline is in the past or further than MAX_DEADLINE ahead.
    error BadDeadline(uint64 deadline);
    /// @notice Thrown when the value sent is not what the move costs.
    error WrongValue(uint256 sent, uint256 needed);
    /// @notice Thrown when a node's free bond does not cover what it wants to do.
    error BondTooSmall(uint256 free, uint256 needed);
    /// @notice Thrown when a window would be extended beyond `latest`.
    error TooLate(uint64 latest);
    /// @notice Thrown when the conviction contract gives a cause that is not its own.
    error BadCause(Cause cause);
    /// @notice Thrown when the conviction contract gives a reason that is not its own.
    error BadReason(Reason reason);
    /// @notice Thrown when a trace root of zero is revealed.
    error EmptyTrace();
    /// @notice Thrown when there is nothing to withdraw.
    error NothingToWithdraw();
    /// @notice Thrown when the receiver of a withdrawal refuses it.
    error WithdrawalRefused(address to);

    // ------------------------------------------------------------------------------------------------------- moves

    /// @notice Registers a model under its terms. Anyone may.
    function registerModel(Model calldata model) external returns (bytes32 modelId);

    /// @notice Adds to the caller's free bond.
    function bond() external payable;

    /// @notice Moves free bond to the caller's credit. Locked bond stays until its result settles.
    function unbond(uint256 amount) external;

    /// @notice Asks for a model to run on an input, for the fee sent along.
    function request(bytes32 modelId, address node, Payload calldata input, uint64 deadline)
        external
        payable
        returns (bytes32 requestId);

    /// @notice Posts the result of a request and locks `nodeBond` for it. requested -> posted
    function post(bytes32 requestId, Payload calldata output) external returns (bytes32 resultId);

    /// @notice Demands the trace, under `challengeBond`. posted -> challenged
    function challenge(bytes32 resultId) external payable;

    /// @notice The node publishes its trace. challenged -> revealed
    function reveal(bytes32 resultId, bytes32 traceRoot, string calldata uri) external;

    /// @notice Rejects a challenged result whose node stayed silent. Anyone may. challenged -> rejected
    function claimSilence(bytes32 resultId) external;

    /// @notice The model's arbiter rules against a revealed result. revealed -> rejected
    function rule(bytes32 resultId) external;

    /// @notice The conviction contract reports a proven fraud, found by `convictor`, or that the node withheld what
    /// `convictor` demanded. revealed -> rejected
    /// @param cause Conviction or Withheld
    function convict(bytes32 resultId, address convictor, Cause cause) external;

    /// @notice The conviction contract keeps a revealed result open until `until`, so that what was demanded on chain can
    /// be supplied and used. A window never ends earlier by it, and a window that is over stays over.
    /// @dev At most two conviction windows beyond the first: however the conviction contract is built and however many
    /// demands there are, a node waits for its settlement no longer than three conviction windows after its reveal.
    function extend(bytes32 resultId, uint64 until) external;

    /// @notice The conviction contract pays out a fee that it held: the value sent along becomes `account`'s credit.
    /// @param reason DemandPaid or DemandReturned
    function credit(address account, bytes32 resultId, Reason reason) external payable;

    /// @notice Settles a result whose window is over. Anyone may. posted | revealed -> finalized
    function finalize(bytes32 resultId) external;

    /// @notice Refunds a request that nobody answered in time. Anyone may. requested -> expired
    function expire(bytes32 requestId) external;

    /// @notice Pays the caller's whole credit to `to`.
    function withdraw(address to) external returns (uint256 amount);

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Name and version of this protocol; a watcher refuses to act on any other.
    function VERSION() external view returns (string memory);
    function parameters() external view returns (Parameters memory);
    function modelOf(bytes32 modelId) external view returns (Model memory);
    function requestOf(bytes32 requestId) external view returns (Request memory);
    function resultOf(bytes32 resultId) external view returns (Result memory);
    /// @notice What a proof about a result is about; a result that does not exist has status None.
    function disputeOf(bytes32 resultId) external view returns (Dispute memory);
    /// @notice Status of a request, or of a result, by its id; None if there is no such thing.
    function statusOf(bytes32 id) external view returns (Status);
    function freeBondOf(address node) external view returns (uint256);
    function lockedBondOf(address node) external view returns (uint256);
    function creditOf(address account) external view returns (uint256);
    /// @notice How many requests `requester` has made; part of the next one's id.
    function nonceOf(address requester) external view returns (uint256);
    function modelIdOf(Model calldata model) external view returns (bytes32);
    /// @notice The id that `request` would give with these arguments at `nonce`.
    function requestIdOf(
        address requester,
        uint256 nonce,
        bytes32 modelId,
        address node,
        bytes32 inputHash,
        string calldata inputUri,
        uint256 fee,
        uint64 deadline
    ) external view returns (bytes32);
    /// @notice The id that `post` would give.
    function resultIdOf(bytes32 requestId, address node, bytes32 outputHash, string calldata outputUri)
        external
        view
        returns (bytes32);
}
