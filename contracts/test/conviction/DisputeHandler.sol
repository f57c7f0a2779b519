// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../../src/IGainsay.sol";
import {IConviction} from "../../src/conviction/IConviction.sol";
import {Demand} from "../../src/proof/IChecker.sol";
import {Handler} from "../Handler.sol";
import {MockChecker} from "../mocks/MockChecker.sol";

/// @title Disputes among random people, of whom two are honest
/// @notice One node answers rightly and in time, one watcher watches every wrong result. They act right before time
/// passes, everybody else at random: copies proofs, demands for nothing, withholds, keeps silent, convicts itself.
contract DisputeHandler is Handler {
    /// @dev What the model knows of one demand.
    /// @param plain what it would have cost as the first
    struct Asked {
        bytes32 id;
        uint256 entry;
        address demander;
        uint64 until;
        uint256 fee;
        uint256 plain;
        Demand what;
        IConviction.DemandStatus status;
    }

    uint256 public constant MAX_DEMANDS = 24;
    /// @dev Without this part of a withheld trace, the watcher has no proof.
    uint32 private constant KEY = 0;

    IConviction private immutable seat;
    MockChecker private immutable checker;
    address private immutable watcher;
    IConviction.DemandTerms private terms;

    Asked[] private demands;
    mapping(bytes32 demandId => bool) private demanded;
    mapping(bytes32 resultId => uint256) public demandsOf;
    mapping(address => mapping(bytes32 resultId => mapping(bytes32 proofHash => uint256))) private committedIn;
    mapping(bytes32 resultId => mapping(address => bool)) private appealed;

    constructor(IConviction seat_, MockChecker checker_, bytes32 modelId_, address arbiter_, address[] memory people_)
        Handler(seat_.gainsay(), modelId_, arbiter_, people_)
    {
        seat = seat_;
        checker = checker_;
        watcher = people_[2];
        terms = seat_.demandTerms();
    }

    // ---------------------------------------------------------------------------------------------------- disputes

    /// @dev From nothing to a revealed trace, so that there is something to dispute about: one lawful move at a time,
    /// pure chance would seldom come that far.
    function dispute(uint256 who, uint256 seed) external {
        if (entries.length == MAX_ENTRIES) return;
        address node = seed % 4 == 0 ? honest : person(seed);
        ask(person(who), node, 1 ether, uint64(block.timestamp) + 1);
        Entry storage e = entries[entries.length - 1];
        putUp(node, p.nodeBond);
        respond(e, node, seed >> 8);
        demandTrace(e, person(seed >> 16), p.challengeBond);
        publish(e, node, traceRootOf(e));
    }

    function passBlock() external {
        vm.roll(block.number + 1);
    }

    /// @dev Whoever sends a commitment, it is its convictor's.
    function commit(uint256 which, uint256 who, uint256 sender, uint256 nonce) external {
        announce(entry(which, IGainsay.Status.Revealed), person(who), person(sender), nonce % 2);
    }

    /// @dev Often with a commitment right before, sometimes in the same block.
    function convict(uint256 which, uint256 who, uint256 nonce, uint256 how) external {
        Entry storage e = entry(which, IGainsay.Status.Revealed);
        if (how % 3 != 0) announce(e, person(who), person(who), nonce % 2);
        if (how % 3 == 1) vm.roll(block.number + 1);
        prove(e, person(who), nonce % 2);
    }

    // ----------------------------------------------------------------------------------------------------- demands

    function demand(uint256 which, uint256 who, uint256 what, uint256 value) external {
        Entry storage e = entry(which, IGainsay.Status.Revealed);
        uint32 first = uint32(what % 7 == 0 ? 60 + what % 6 : what % 3);
        Demand memory d = Demand(uint32(what % 9), first, uint32((what >> 8) % 18));
        uint256 fee = feeOf(e, d);
        uint256 sent = value % 5 == 0 ? bound(value, 0, 3 * fee) : fee;
        inquire(e, person(who), d, sent);
    }

    /// @dev A griefer who wants the node to miss one of them, or a node that wants to keep others from demanding.
    function flood(uint256 which, uint256 who, uint256 seed) external {
        Entry storage e = entry(which, IGainsay.Status.Revealed);
        address account = who % 2 == 0 || e.node == address(0) ? person(who >> 1) : e.node;
        for (uint256 i; i < 4 + seed % 9; i++) {
            Demand memory d = Demand(uint32((seed % 8 + i) % 8), uint32(i / 8), uint32(i / 8));
            inquire(e, account, d, feeOf(e, d));
        }
    }

    function supply(uint256 which, uint256 who, uint256 what) external {
        if (demands.length == 0) return;
        Asked storage d = asked(which, IConviction.DemandStatus.Open);
        // Whoever withholds does not supply either; sometimes somebody else has the data.
        if (entries[d.entry].withheld && what % 4 != 1) return;
        bytes memory data = what % 8 == 0 ? bytes("else") : checker.partOf(traceRootOf(entries[d.entry]), d.what);
        answer(d, person(who), data, what % 8 != 0);
    }

    function claimWithheld(uint256 which, uint256 who) external {
        if (demands.length == 0) return;
        Asked storage d = asked(which, IConviction.DemandStatus.Open);
        if (who % 4 > 1 && block.timestamp <= d.until) warpTo(uint256(d.until) + who % 2);
        claim(d, person(who));
    }

    function settleDemand(uint256 which, uint256 who) external {
        if (demands.length == 0) return;
        Asked storage d = asked(which, who % 2 == 0 ? IConviction.DemandStatus.Open : IConviction.DemandStatus.Supplied);
        settle(d, person(who));
    }

    // ----------------------------------------------------------------------------------------------------- appeals

    function appeal(uint256 which, uint256 who) external {
        Entry storage e = entry(which, IGainsay.Status.Revealed);
        address account = person(who);
        bool may = e.status == IGainsay.Status.Revealed && inside(e) && !appealed[e.resultId][account];
        bytes memory call = abi.encodeCall(IConviction.appeal, (e.resultId, "evidence", "ipfs://evidence", ""));
        attemptAt(address(seat), account, 0, call, may);
        if (may) appealed[e.resultId][account] = true;
    }

    // --------------------------------------------------------------------------------------------------- the books

    function demandCount() external view returns (uint256) {
        return demands.length;
    }

    function demandAt(uint256 i) external view returns (Asked memory) {
        return demands[i];
    }

    /// @notice Fees of demands that are not settled.
    function escrowedDemandFees() external view returns (uint256 sum) {
        for (uint256 i; i < demands.length; i++) {
            if (demands[i].status < IConviction.DemandStatus.Paid) sum += demands[i].fee;
        }
    }

    // --------------------------------------------------------------------------------------------------- the honest

    /// @dev Stops whenever the watcher has something to claim.
    function warpTo(uint256 time) internal override {
        while (block.timestamp < time) {
            actHonestly();
            uint256 next = time;
            for (uint256 i; i < demands.length; i++) {
                Asked storage d = demands[i];
                bool awaited = d.status == IConviction.DemandStatus.Open && d.until >= block.timestamp;
                if (awaited && uint256(d.until) + 1 < next) next = uint256(d.until) + 1;
            }
            vm.warp(next);
            vm.roll(block.number + 1);
        }
    }

    function settleDemands() internal override {
        for (uint256 i; i < demands.length; i++) {
            if (demands[i].status < IConviction.DemandStatus.Paid) settle(demands[i], person(i));
        }
    }

    function actHonestly() private {
        for (uint256 i; i < entries.length; i++) {
            Entry storage e = entries[i];
            if (e.node == honest && e.status == IGainsay.Status.Challenged) publish(e, honest, traceRootOf(e));
            if (e.wrong) watch(e);
        }
        for (uint256 i; i < demands.length; i++) {
            Asked storage d = demands[i];
            Entry storage e = entries[d.entry];
            bool open = d.status == IConviction.DemandStatus.Open && e.status == IGainsay.Status.Revealed;
            if (e.node == honest && open) answer(d, honest, checker.partOf(traceRootOf(e), d.what), true);
        }
    }

    function watch(Entry storage e) private {
        if (e.status == IGainsay.Status.Posted) demandTrace(e, watcher, p.challengeBond);
        if (e.status != IGainsay.Status.Revealed) return;
        Demand memory key = Demand(KEY, 0, 1);
        bytes32 id = seat.demandIdOf(e.resultId, key);
        if (e.withheld && !demanded[id]) {
            inquire(e, watcher, key, feeOf(e, key));
            return;
        }
        if (e.withheld) {
            Asked storage d = demands[indexOfDemand(id)];
            if (d.status == IConviction.DemandStatus.Open) {
                if (block.timestamp > d.until) claim(d, watcher);
                return;
            }
        }
        announce(e, watcher, watcher, 2);
        vm.roll(block.number + 1);
        prove(e, watcher, 2);
    }

    // --------------------------------------------------------------------------------------------------- one move

    function announce(Entry storage e, address convictor, address sender, uint256 nonce) private {
        bytes32 proofHash = keccak256(proofOf(e, nonce));
        bytes32 commitment = seat.commitmentOf(convictor, e.resultId, proofHash, 0);
        attemptAt(address(seat), sender, 0, abi.encodeCall(IConviction.commit, (commitment)), true);
        uint256 known = committedIn[convictor][e.resultId][proofHash];
        if (known == 0) committedIn[convictor][e.resultId][proofHash] = block.number;
    }

    function prove(Entry storage e, address convictor, uint256 nonce) private {
        if (e.wrong) checker.condemn(traceRootOf(e));
        bytes memory proof = proofOf(e, nonce);
        uint256 known = committedIn[convictor][e.resultId][keccak256(proof)];
        bool may = e.status == IGainsay.Status.Revealed && inside(e) && e.wrong && known != 0 && known < block.number;
        attemptAt(address(seat), convictor, 0, abi.encodeCall(IConviction.convict, (e.resultId, proof, 0)), may);
        if (may) reject(e, convictor);
    }

    function inquire(Entry storage e, address account, Demand memory what, uint256 sent) private {
        give(account, sent);
        uint256 fee = feeOf(e, what);
        bytes32 id = seat.demandIdOf(e.resultId, what);
        bool fits =
            what.entry < 8 && what.count <= 16 && what.first + what.count <= 64 && (what.count != 0 || what.first == 0);
        bool may = fits && e.status == IGainsay.Status.Revealed && block.timestamp <= e.convictionEnd && !demanded[id]
            && sent >= fee;
        if (may && demands.length >= MAX_DEMANDS && account != watcher) return;
        bytes memory call = abi.encodeCall(IConviction.demand, (e.resultId, what, "opens"));
        attemptAt(address(seat), account, sent, call, may);
        if (!may) return;
        demanded[id] = true;
        demandsOf[e.resultId]++;
        credited[account] += sent - fee;
        uint64 until = uint64(block.timestamp) + terms.supplyWindow;
        demands.push(Asked(id, indexOf(e), account, until, fee, plainFeeOf(what), what, IConviction.DemandStatus.Open));
        if (until + terms.useWindow > e.end) e.end = until + terms.useWindow;
    }

    function answer(Asked storage d, address account, bytes memory data, bool fits) private {
        bool may = fits && d.status == IConviction.DemandStatus.Open && block.timestamp <= d.until
            && entries[d.entry].status == IGainsay.Status.Revealed;
        attemptAt(address(seat), account, 0, abi.encodeCall(IConviction.supply, (d.id, data)), may);
        if (may) d.status = IConviction.DemandStatus.Supplied;
    }

    function claim(Asked storage d, address account) private {
        Entry storage e = entries[d.entry];
        bool may = d.status == IConviction.DemandStatus.Open && block.timestamp > d.until
            && e.status == IGainsay.Status.Revealed && inside(e);
        attemptAt(address(seat), account, 0, abi.encodeCall(IConviction.claimWithheld, (d.id)), may);
        if (!may) return;
        reject(e, d.demander);
        credited[d.demander] += d.fee;
        d.status = IConviction.DemandStatus.Returned;
    }

    function settle(Asked storage d, address account) private {
        Entry storage e = entries[d.entry];
        bool stood = e.status == IGainsay.Status.Finalized;
        bool may = (stood || e.status == IGainsay.Status.Rejected) && d.status < IConviction.DemandStatus.Paid;
        attemptAt(address(seat), account, 0, abi.encodeCall(IConviction.settleDemand, (d.id)), may);
        if (!may) return;
        bool paid = stood && d.status == IConviction.DemandStatus.Supplied;
        credited[paid ? e.node : d.demander] += stood ? d.plain : d.fee;
        if (stood) burnt += d.fee - d.plain;
        d.status = paid ? IConviction.DemandStatus.Paid : IConviction.DemandStatus.Returned;
    }

    // ----------------------------------------------------------------------------------------------------- helpers

    function feeOf(Entry storage e, Demand memory what) private view returns (uint256) {
        return plainFeeOf(what) << (demandsOf[e.resultId] / 8);
    }

    function plainFeeOf(Demand memory what) private view returns (uint256) {
        return terms.baseFee + what.count * terms.chunkFee;
    }

    function proofOf(Entry storage e, uint256 nonce) private view returns (bytes memory) {
        return abi.encode(traceRootOf(e), nonce);
    }

    /// @dev Mostly one for which the move could be lawful.
    function asked(uint256 which, IConviction.DemandStatus wanted) private view returns (Asked storage) {
        uint256 count = demands.length;
        for (uint256 i; i < count && which % 8 != 0; i++) {
            Asked storage d = demands[(which % count + i) % count];
            if (d.status == wanted) return d;
        }
        return demands[which % count];
    }

    function indexOfDemand(bytes32 id) private view returns (uint256 i) {
        while (demands[i].id != id) i++;
    }

    function indexOf(Entry storage e) private view returns (uint256 i) {
        while (entries[i].requestId != e.requestId) i++;
    }
}
