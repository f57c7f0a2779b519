// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {Test} from "./Test.sol";

/// @title Random people making random moves, beside a small model of what must come of it
/// @notice Every move is first decided by the model. The protocol must agree, both ways: a move that the rules allow
/// must go through (so nobody can block a settlement), one that they forbid must not.
/// @dev The model keeps its own books and never reads the protocol's, so that an error would have to be made twice.
/// Here are the moves of Gainsay; those of the conviction contract are in conviction/DisputeHandler.sol.
abstract contract Handler is Test {
    /// @dev What the model knows of one request and its result.
    /// @param wrong whether the result is a fraud: a proof against it exists
    /// @param withheld whether the node keeps its trace to itself after revealing the root
    struct Entry {
        bytes32 requestId;
        bytes32 resultId;
        address requester;
        address named;
        address node;
        address challenger;
        uint256 fee;
        uint64 end;
        uint64 convictionEnd;
        IGainsay.Status status;
        bool wrong;
        bool withheld;
    }

    uint256 public constant MAX_ENTRIES = 16;
    uint256 private constant GAS = 400_000;
    address private constant BURN = 0x000000000000000000000000000000000000dEaD;

    IGainsay public immutable gainsay;
    IGainsay.Parameters internal p;
    bytes32 private immutable modelId;
    address internal immutable arbiter;
    /// @dev The node that answers rightly and in time.
    address internal immutable honest;
    IGainsay.Payload private payload;

    address[] public people;
    Entry[] internal entries;

    mapping(address => uint256) public free;
    mapping(address => uint256) public locked;
    mapping(address => uint256) public credited;
    mapping(address => uint256) public withdrawn;
    uint256 public burnt;
    /// @notice How often each status was reached: a run that reaches none proves nothing.
    mapping(IGainsay.Status => uint256) public reached;

    constructor(IGainsay gainsay_, bytes32 modelId_, address arbiter_, address[] memory people_) {
        gainsay = gainsay_;
        p = gainsay_.parameters();
        modelId = modelId_;
        arbiter = arbiter_;
        people = people_;
        honest = people_[1];
        payload = IGainsay.Payload(sha256("bytes"), "", "bytes");
        ask(people_[0], address(0), 1 ether, uint64(block.timestamp) + 100); // so that there always is one to move
    }

    // ------------------------------------------------------------------------------------------------ the moves

    function passTime(uint256 secs) external {
        warpTo(block.timestamp + bound(secs, 1, 30));
    }

    function bond(uint256 who, uint256 amount) external {
        putUp(person(who), bound(amount, 0, 3 * p.nodeBond));
    }

    function unbond(uint256 who, uint256 amount) external {
        address account = person(who);
        amount = bound(amount, 0, free[account] * 5 / 4 + 1);
        bool may = amount <= free[account];
        attempt(account, 0, abi.encodeCall(IGainsay.unbond, (amount)), may);
        if (!may) return;
        free[account] -= amount;
        credited[account] += amount;
    }

    function request(uint256 who, uint256 named, uint256 fee, uint256 ahead) external {
        if (entries.length == MAX_ENTRIES) return;
        address named_ = named % 3 == 0 ? address(0) : person(named);
        fee = fee % 4 == 0 ? 0 : bound(fee, 1, 10 ether);
        ask(person(who), named_, fee, uint64(block.timestamp + bound(ahead, 1, 600)));
    }

    function post(uint256 which, uint256 who) external {
        Entry storage e = entry(which, IGainsay.Status.Requested);
        address account = who % 4 == 0 || e.named == address(0) ? person(who) : e.named;
        if (who % 8 != 0 && free[account] < p.nodeBond) putUp(account, p.nodeBond);
        respond(e, account, who);
    }

    /// @dev The seed decides what kind of node it is.
    function respond(Entry storage e, address account, uint256 seed) internal {
        bool may = e.status == IGainsay.Status.Requested && inside(e) && (e.named == address(0) || e.named == account)
            && free[account] >= p.nodeBond;
        attempt(account, 0, abi.encodeCall(IGainsay.post, (e.requestId, payload)), may);
        if (!may) return;
        e.resultId = gainsay.resultIdOf(e.requestId, account, payload.hash, payload.uri);
        e.node = account;
        (e.wrong, e.withheld) = (account != honest && seed % 3 == 0, seed % 5 < 2);
        free[account] -= p.nodeBond;
        locked[account] += p.nodeBond;
        advance(e, IGainsay.Status.Posted, p.challengeWindow);
    }

    function expire(uint256 which, uint256 who) external {
        Entry storage e = entry(which, IGainsay.Status.Requested);
        wait(e, who);
        bool may = e.status == IGainsay.Status.Requested && !inside(e);
        attempt(person(who), 0, abi.encodeCall(IGainsay.expire, (e.requestId)), may);
        if (!may) return;
        credited[e.requester] += e.fee;
        advance(e, IGainsay.Status.Expired, 0);
    }

    function challenge(uint256 which, uint256 who, uint256 value) external {
        Entry storage e = entry(which, IGainsay.Status.Posted);
        address account = person(who);
        uint256 sent = value % 5 == 0 ? bound(value, 0, 2 * p.challengeBond) : p.challengeBond;
        demandTrace(e, account, sent);
    }

    function demandTrace(Entry storage e, address account, uint256 sent) internal {
        give(account, sent);
        bool may = e.status == IGainsay.Status.Posted && inside(e) && sent == p.challengeBond;
        attempt(account, sent, abi.encodeCall(IGainsay.challenge, (e.resultId)), may);
        if (!may) return;
        e.challenger = account;
        advance(e, IGainsay.Status.Challenged, p.revealWindow);
    }

    function reveal(uint256 which, uint256 who, uint256 root) external {
        Entry storage e = entry(which, IGainsay.Status.Challenged);
        address account = who % 4 == 0 || e.node == address(0) ? person(who) : e.node;
        publish(e, account, root % 8 == 0 ? bytes32(0) : traceRootOf(e));
    }

    function publish(Entry storage e, address account, bytes32 traceRoot) internal {
        bool may = e.status == IGainsay.Status.Challenged && inside(e) && account == e.node && traceRoot != 0;
        attempt(account, 0, abi.encodeCall(IGainsay.reveal, (e.resultId, traceRoot, "")), may);
        if (!may) return;
        advance(e, IGainsay.Status.Revealed, p.convictionWindow);
        e.convictionEnd = e.end;
    }

    function claimSilence(uint256 which, uint256 who) external {
        Entry storage e = entry(which, IGainsay.Status.Challenged);
        wait(e, who);
        bool may = e.status == IGainsay.Status.Challenged && !inside(e);
        attempt(person(who), 0, abi.encodeCall(IGainsay.claimSilence, (e.resultId)), may);
        if (may) reject(e, e.challenger);
    }

    function rule(uint256 which, uint256 who) external {
        Entry storage e = entry(which, IGainsay.Status.Revealed);
        address account = who % 4 == 0 ? person(who) : arbiter;
        // The arbiter is trusted: it rules against the wrong ones.
        if (account == arbiter && e.status == IGainsay.Status.Revealed && !e.wrong) return;
        bool may = e.status == IGainsay.Status.Revealed && inside(e) && account == arbiter;
        attempt(account, 0, abi.encodeCall(IGainsay.rule, (e.resultId)), may);
        if (may) reject(e, e.challenger);
    }

    /// @dev Knocks at the doors of the conviction seat.
    function pretend(uint256 which, uint256 who, uint256 door) external {
        Entry storage e = entry(which, IGainsay.Status.Revealed);
        address account = person(who);
        bytes memory call = abi.encodeCall(IGainsay.convict, (e.resultId, account, IGainsay.Cause.Conviction));
        if (door % 3 == 1) call = abi.encodeCall(IGainsay.extend, (e.resultId, e.end + 1));
        if (door % 3 == 2) call = abi.encodeCall(IGainsay.credit, (account, e.resultId, IGainsay.Reason.DemandPaid));
        attempt(account, 0, call, false);
    }

    function finalize(uint256 which, uint256 who) external {
        Entry storage e = entry(which, who % 2 == 0 ? IGainsay.Status.Posted : IGainsay.Status.Revealed);
        wait(e, who);
        bool revealed = e.status == IGainsay.Status.Revealed;
        bool may = (revealed || e.status == IGainsay.Status.Posted) && !inside(e);
        attempt(person(who), 0, abi.encodeCall(IGainsay.finalize, (e.resultId)), may);
        if (!may) return;
        locked[e.node] -= p.nodeBond;
        free[e.node] += p.nodeBond;
        credited[e.node] += e.fee + (revealed ? p.challengeBond : 0);
        advance(e, IGainsay.Status.Finalized, 0);
    }

    /// @dev To itself, which the hostile refuse, or to somebody else.
    function withdraw(uint256 who, bool toItself) external {
        address account = person(who);
        address to = toItself ? account : address(uint160(uint256(keccak256(abi.encode(account, "purse")))));
        uint256 owed = credited[account] - withdrawn[account];
        bool may = owed > 0 && (!toItself || takesMoney(account));
        uint256 before = to.balance;
        attempt(account, 0, abi.encodeCall(IGainsay.withdraw, (to)), may);
        withdrawn[account] += to.balance - before;
        vm.assertEq(to.balance - before, may ? owed : 0, "withdrawn is what was owed, once");
    }

    /// @dev Wei that come in with no purpose.
    function donate(uint256 who, uint256 amount) external {
        address account = person(who);
        amount = bound(amount, 1, 1 ether);
        give(account, amount);
        attempt(account, amount, "", false);
    }

    /// @notice Brings everything to its end and pays everybody, whatever state the run left.
    function settleEverything() external {
        for (uint256 i; i < entries.length; i++) {
            Entry storage e = entries[i];
            // While time passes, the honest act: a status may move on and its window with it.
            while (e.status < IGainsay.Status.Rejected) {
                if (inside(e)) warpTo(uint256(e.end) + 1);
                if (e.status == IGainsay.Status.Requested) this.expire(i, 0);
                else if (e.status == IGainsay.Status.Challenged) this.claimSilence(i, 0);
                else if (e.status == IGainsay.Status.Posted) this.finalize(i, 0);
                else if (e.status == IGainsay.Status.Revealed) this.finalize(i, 1); // odd: of the revealed
            }
        }
        settleDemands();
        for (uint256 i; i < people.length; i++) {
            this.unbond(i, free[people[i]]);
            this.withdraw(i, false);
        }
    }

    // ------------------------------------------------------------------------------------------------- the books

    function entryCount() external view returns (uint256) {
        return entries.length;
    }

    function entryAt(uint256 i) external view returns (Entry memory) {
        return entries[i];
    }

    function peopleCount() external view returns (uint256) {
        return people.length;
    }

    /// @notice Fees of what is not settled.
    function escrowedFees() external view returns (uint256 sum) {
        for (uint256 i; i < entries.length; i++) {
            if (entries[i].status < IGainsay.Status.Rejected) sum += entries[i].fee;
        }
    }

    /// @notice Challenge bonds of what is not settled.
    function escrowedChallengeBonds() external view returns (uint256 sum) {
        for (uint256 i; i < entries.length; i++) {
            IGainsay.Status status = entries[i].status;
            if (status == IGainsay.Status.Challenged || status == IGainsay.Status.Revealed) sum += p.challengeBond;
        }
    }

    /// @notice Results that are posted and not settled.
    function openResults() external view returns (uint256 count) {
        for (uint256 i; i < entries.length; i++) {
            IGainsay.Status status = entries[i].status;
            if (status >= IGainsay.Status.Posted && status <= IGainsay.Status.Revealed) count++;
        }
    }

    // --------------------------------------------------------------------------------------------------- the rest

    /// @dev Lets time pass. Before it does, whoever is honest does what has to be done in time.
    function warpTo(uint256 time) internal virtual;

    function settleDemands() internal virtual;

    /// @dev No two results share a trace here, so that a proof against one is none against another.
    function traceRootOf(Entry storage e) internal view returns (bytes32) {
        return keccak256(abi.encode("trace", e.requestId));
    }

    // --------------------------------------------------------------------------------------------------- helpers

    /// @dev One call, with little gas: a hostile receiver cannot make it dear. The outcome must be as foretold.
    function attempt(address caller, uint256 value, bytes memory data, bool may) internal {
        attemptAt(address(gainsay), caller, value, data, may);
    }

    function attemptAt(address target, address caller, uint256 value, bytes memory data, bool may) internal {
        vm.prank(caller);
        (bool ok,) = target.call{value: value, gas: GAS}(data);
        vm.assertTrue(ok == may, may ? "a lawful move was refused" : "an unlawful move went through");
    }

    function putUp(address account, uint256 amount) internal {
        give(account, amount);
        attempt(account, amount, abi.encodeCall(IGainsay.bond, ()), true);
        free[account] += amount;
    }

    function ask(address requester, address named, uint256 fee, uint64 deadline) internal {
        Entry memory e;
        (e.requester, e.named, e.fee, e.end) = (requester, named, fee, deadline);
        e.status = IGainsay.Status.Requested;
        e.requestId = gainsay.requestIdOf(
            requester, gainsay.nonceOf(requester), modelId, named, payload.hash, payload.uri, fee, deadline
        );
        give(requester, fee);
        attempt(requester, fee, abi.encodeCall(IGainsay.request, (modelId, named, payload, deadline)), true);
        entries.push(e);
    }

    function advance(Entry storage e, IGainsay.Status to, uint64 window) internal {
        e.status = to;
        if (window != 0) e.end = uint64(block.timestamp) + window;
        reached[to]++;
    }

    function reject(Entry storage e, address rewarded) internal {
        uint256 reward = p.nodeBond * p.rewardBps / 10_000;
        uint256 ashes = p.nodeBond * p.burnBps / 10_000;
        locked[e.node] -= p.nodeBond;
        credited[rewarded] += reward;
        credited[e.requester] += e.fee + p.nodeBond - reward - ashes;
        credited[e.challenger] += p.challengeBond;
        burnt += ashes;
        advance(e, IGainsay.Status.Rejected, 0);
    }

    /// @dev Sometimes to the last second of a window, sometimes to the first after it: that is where errors live.
    function wait(Entry storage e, uint256 how) internal {
        if (how % 4 > 1 && inside(e)) warpTo(uint256(e.end) + how % 2);
    }

    function inside(Entry storage e) internal view returns (bool) {
        return block.timestamp <= e.end;
    }

    /// @dev Mostly one for which the move could be lawful: pure chance would seldom bring a result to its end.
    function entry(uint256 which, IGainsay.Status wanted) internal view returns (Entry storage) {
        uint256 count = entries.length;
        for (uint256 i; i < count && which % 8 != 0; i++) {
            Entry storage e = entries[(which % count + i) % count];
            if (e.status == wanted) return e;
        }
        return entries[which % count];
    }

    function person(uint256 who) internal view returns (address) {
        return people[who % people.length];
    }

    /// @dev An account with code is one of the hostile ones; of them, only the reentrant one takes money.
    function takesMoney(address account) private view returns (bool) {
        return account.code.length == 0 || account == people[people.length - 1];
    }

    function give(address account, uint256 amount) internal {
        vm.deal(account, account.balance + amount);
    }
}
