// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Anchor} from "../../src/consumer/Anchor.sol";
import {AttestedGate} from "../../src/consumer/AttestedGate.sol";
import {Attestations} from "../../src/consumer/Attestations.sol";
import {Test} from "../Test.sol";

/// @title Attestations: who signed them, who counts them, and since when they were there
contract AttestationsTest is Test {
    using Attestations for Attestations.Attestation;

    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    Anchor internal anchor = new Anchor();
    AttestedGate internal gate;
    /// @dev In ascending order of their addresses.
    uint256[3] internal keys;

    function setUp() public {
        keys = [uint256(11), 22, 33];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (vm.addr(keys[j]) < vm.addr(keys[i])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
        gate = new AttestedGate(terms(), watchers(), 2);
        vm.warp(1_800_000_000);
    }

    // ------------------------------------------------------------------ signatures

    /// @dev Made by viem's `hashTypedData` and `signTypedData`.
    function test_AgreesWithViem() public view {
        vm.assertEq(sample().hash(), 0xdf5e99b6fffb8444f4a5cc895b06af9ff9cb314d2dab9b069aea4b8378aa7712, "digest");
        bytes memory signature =
            hex"3a3d804ab974bf0721b9a4d3cbff023aa4dc7f38d165f89e518dc5e08ce3ac8034e192671f7c7f69db8ae43ba2b386f64deb8ef8a60c087411d1282414293e531b";
        vm.assertEq(anchor.signerOf(sample(), signature), 0x17c5185167401eD00cF5F5b2fc97D9BBfDb7D025);
    }

    function testFuzz_NamesTheSigner(uint256 key, Attestations.Attestation memory a) public view {
        key = bound(key, 1, ORDER - 1);
        vm.assertEq(anchor.signerOf(a, signed(key, a)), vm.addr(key));
        vm.assertEq(anchor.digestOf(a), a.hash(), "digest");
    }

    /// @dev The other signature of the same key and message, by which one attestation would be two.
    function testFuzz_RefusesAHighS(uint256 key, Attestations.Attestation memory a) public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(bound(key, 1, ORDER - 1), a.hash());
        bytes32 high = bytes32(ORDER - uint256(s));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, high));
        anchor.signerOf(a, abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27)));
    }

    function test_RefusesWhatIsNoSignature() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(7, sample().hash());
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector));
        anchor.signerOf(sample(), abi.encodePacked(r, s, v - 27));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignature.selector));
        anchor.signerOf(sample(), abi.encodePacked(bytes32(0), bytes32(0), v));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 64));
        anchor.signerOf(sample(), abi.encodePacked(r, s));
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureLength.selector, 0));
        anchor.signerOf(sample(), "");
    }

    function testFuzz_AnotherFieldIsAnotherSigner(uint8 field, bytes32 other) public {
        Attestations.Attestation memory a = sample();
        bytes memory signature = signed(7, a);
        bytes32 before = a.hash();
        change(a, field % 15, other);
        vm.assume(keccak256(abi.encode(a)) != keccak256(abi.encode(sample())));
        vm.assertNotEq(a.hash(), before, "the same digest");
        try anchor.signerOf(a, signature) returns (address signer) {
            vm.assertTrue(signer != vm.addr(7), "the same signer");
        } catch {}
    }

    // ------------------------------------------------------------------ the gate

    function test_EnoughWatchersAreEnough() public {
        vm.expectEmit(address(gate));
        emit AttestedGate.Accepted(sample().inputHash, sample().outputHash, sample().resultId);
        accept(2, sample());
        vm.assertEq(gate.outputOf(sample().inputHash), sample().outputHash);
        // Once more changes nothing.
        accept(3, sample());
    }

    function test_RefusesTooFew() public {
        vm.expectRevert(abi.encodeWithSelector(AttestedGate.TooFew.selector, 1, 1));
        accept(1, sample());
    }

    function test_RefusesOneWatcherTwice() public {
        (Attestations.Attestation[] memory all, bytes[] memory signatures) = batch(2, sample());
        all[1] = sample();
        all[1].judgedAt += 1;
        signatures[1] = signed(keys[0], all[1]);
        vm.expectRevert(abi.encodeWithSelector(AttestedGate.BadWatcher.selector, vm.addr(keys[0])));
        gate.accept(all, signatures);
    }

    function testFuzz_RefusesStrangers(uint256 key) public {
        key = bound(key, 1, ORDER - 1);
        vm.assume(!gate.isWatcher(vm.addr(key)));
        (Attestations.Attestation[] memory all, bytes[] memory signatures) = batch(2, sample());
        signatures[0] = signed(key, all[0]);
        vm.expectRevert(abi.encodeWithSelector(AttestedGate.BadWatcher.selector, vm.addr(key)));
        gate.accept(all, signatures);
    }

    function test_RefusesAnyOtherVerdictOrTerms() public {
        for (uint256 i = 0; i < 8; ++i) {
            Attestations.Attestation memory a = sample();
            if (i == 0) a.verdict = Attestations.INVALID;
            if (i == 1) a.verdict = 0;
            if (i == 2) a.network = "gainsay";
            if (i == 3) a.chainId = 1;
            if (i == 4) a.modelHash = keccak256("another model");
            if (i == 5) a.precision = 0;
            if (i == 6) a.tolerance += 1;
            if (i == 7) a.distance = a.tolerance + 1;
            (Attestations.Attestation[] memory all, bytes[] memory signatures) = batch(2, a);
            vm.expectRevert(abi.encodeWithSelector(AttestedGate.NotAttested.selector, 0));
            gate.accept(all, signatures);
        }
    }

    function test_RefusesAttestationsOfDifferentResults() public {
        for (uint256 field = 2; field < 9; ++field) {
            // The model's hash is a term of the gate.
            if (field == 6) continue;
            Attestations.Attestation memory a = sample();
            change(a, field, keccak256("another"));
            (Attestations.Attestation[] memory all, bytes[] memory signatures) = batch(2, sample());
            all[1] = a;
            signatures[1] = signed(keys[1], a);
            vm.expectRevert(abi.encodeWithSelector(AttestedGate.OtherResult.selector, 1));
            gate.accept(all, signatures);
        }
    }

    function test_AnotherOutputForAnInputIsRefused() public {
        accept(2, sample());
        Attestations.Attestation memory a = sample();
        a.outputHash = keccak256("another output");
        (Attestations.Attestation[] memory all, bytes[] memory signatures) = batch(2, a);
        vm.expectRevert(abi.encodeWithSelector(AttestedGate.AlreadyAccepted.selector, a.inputHash));
        gate.accept(all, signatures);
    }

    function test_NeedsAThresholdThatMeansSomething() public {
        vm.expectRevert(abi.encodeWithSelector(AttestedGate.BadThreshold.selector, 0, 3));
        new AttestedGate(terms(), watchers(), 0);
        vm.expectRevert(abi.encodeWithSelector(AttestedGate.BadThreshold.selector, 4, 3));
        new AttestedGate(terms(), watchers(), 4);
        address[] memory twice = watchers();
        twice[1] = twice[0];
        vm.expectRevert(abi.encodeWithSelector(AttestedGate.BadWatcher.selector, twice[0]));
        new AttestedGate(terms(), twice, 1);
    }

    // ------------------------------------------------------------------ anchors

    function testFuzz_AnAnchoredAttestationIsFound(uint256 size, uint256 place, uint64 salt) public {
        size = bound(size, 1, 20);
        place = bound(place, 0, size - 1);
        bytes32[] memory leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = numbered(i, salt).leaf();
        }
        (bytes32 root, bytes32[] memory proof) = proven(leaves, place);
        vm.expectEmit(address(anchor));
        emit Anchor.Anchored(address(this), root, size);
        anchor.anchor(root, size);
        Attestations.Attestation memory a = numbered(place, salt);
        vm.assertEq(anchor.anchoredAt(address(this), root, proof, a), block.timestamp);
        // Anchored by another, at another place, or another attestation.
        vm.assertEq(anchor.anchoredAt(address(1), root, proof, a), 0);
        vm.assertEq(anchor.anchoredAt(address(this), keccak256("another root"), proof, a), 0);
        a.verdict = 2;
        vm.assertEq(anchor.anchoredAt(address(this), root, proof, a), 0);
    }

    function test_ARootKeepsItsFirstTime() public {
        anchor.anchor("root", 1);
        vm.warp(block.timestamp + 1000);
        vm.expectRevert(abi.encodeWithSelector(Anchor.AlreadyAnchored.selector, bytes32("root")));
        anchor.anchor("root", 1);
        // Another's word is its own.
        vm.prank(address(2));
        anchor.anchor("root", 2);
        (uint64 first,) = anchor.batchOf(address(this), "root");
        (uint64 later, uint192 count) = anchor.batchOf(address(2), "root");
        vm.assertEq(later, first + 1000);
        vm.assertEq(count, 2);
    }

    function test_RefusesABatchOfNothing() public {
        vm.expectRevert(abi.encodeWithSelector(Anchor.BadCount.selector, 0));
        anchor.anchor("root", 0);
        vm.expectRevert(abi.encodeWithSelector(Anchor.BadCount.selector, uint256(type(uint192).max) + 1));
        anchor.anchor("root", uint256(type(uint192).max) + 1);
    }

    // ------------------------------------------------------------------ what they are made of

    /// @dev What one verification costs a contract; docs/attestations.md quotes it.
    function test_GasOfOneVerification() public view {
        Attestations.Attestation memory a = sample();
        bytes memory signature = signed(7, a);
        uint256 before = gasleft();
        address signer = a.signerOf(signature);
        uint256 used = before - gasleft();
        vm.assertEq(signer, vm.addr(7));
        vm.assertLe(used, 5_800, "dearer than the documents say");
        vm.assertGt(used, 5_400, "cheaper than the documents say");
    }

    function sample() internal pure returns (Attestations.Attestation memory) {
        return Attestations.Attestation({
            network: "opengradient",
            chainId: 10740,
            blockHash: repeated(1),
            transactionHash: repeated(2),
            logIndex: 3,
            resultId: repeated(4),
            modelHash: repeated(5),
            inputHash: repeated(6),
            outputHash: repeated(7),
            verdict: Attestations.VALID,
            precision: 1,
            tolerance: 1e13,
            distance: 25e10,
            runtimes: "gainsay 0.1.0; onnxruntime-node 1.30.0",
            judgedAt: 1_700_000_000
        });
    }

    function repeated(uint256 digit) private pure returns (bytes32) {
        return bytes32(type(uint256).max / 15 * digit);
    }

    function numbered(uint256 i, uint64 salt) private pure returns (Attestations.Attestation memory a) {
        a = sample();
        a.logIndex = i;
        a.judgedAt = salt;
    }

    function terms() private pure returns (AttestedGate.Terms memory) {
        return AttestedGate.Terms(keccak256("opengradient"), 10740, repeated(5), 1, 1e13);
    }

    function watchers() private view returns (address[] memory all) {
        all = new address[](3);
        for (uint256 i = 0; i < 3; ++i) {
            all[i] = vm.addr(keys[i]);
        }
    }

    function signed(uint256 key, Attestations.Attestation memory a) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, a.hash());
        return abi.encodePacked(r, s, v);
    }

    function batch(uint256 count, Attestations.Attestation memory a)
        private
        view
        returns (Attestations.Attestation[] memory all, bytes[] memory signatures)
    {
        all = new Attestations.Attestation[](count);
        signatures = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            all[i] = a;
            signatures[i] = signed(keys[i], a);
        }
    }

    function accept(uint256 count, Attestations.Attestation memory a) private {
        (Attestations.Attestation[] memory all, bytes[] memory signatures) = batch(count, a);
        gate.accept(all, signatures);
    }

    function change(Attestations.Attestation memory a, uint256 field, bytes32 other) private pure {
        if (field == 0) a.network = string(abi.encodePacked(other));
        if (field == 1) a.chainId = uint256(other);
        if (field == 2) a.blockHash = other;
        if (field == 3) a.transactionHash = other;
        if (field == 4) a.logIndex = uint256(other);
        if (field == 5) a.resultId = other;
        if (field == 6) a.modelHash = other;
        if (field == 7) a.inputHash = other;
        if (field == 8) a.outputHash = other;
        if (field == 9) a.verdict = uint8(uint256(other));
        if (field == 10) a.precision = uint8(uint256(other));
        if (field == 11) a.tolerance = uint256(other);
        if (field == 12) a.distance = uint256(other);
        if (field == 13) a.runtimes = string(abi.encodePacked(other));
        if (field == 14) a.judgedAt = uint64(uint256(other));
    }

    /// @dev Root and path of a tree of pairs in order; a last leaf without a sister goes up by itself.
    function proven(bytes32[] memory level, uint256 place) private pure returns (bytes32, bytes32[] memory) {
        bytes32[] memory path = new bytes32[](8);
        uint256 steps = 0;
        while (level.length > 1) {
            bytes32[] memory next = new bytes32[]((level.length + 1) / 2);
            for (uint256 i = 0; i < next.length; ++i) {
                next[i] = 2 * i + 1 < level.length ? pair(level[2 * i], level[2 * i + 1]) : level[2 * i];
            }
            uint256 sister = place ^ 1;
            if (sister < level.length) path[steps++] = level[sister];
            (level, place) = (next, place / 2);
        }
        bytes32[] memory proof = new bytes32[](steps);
        for (uint256 i = 0; i < steps; ++i) {
            proof[i] = path[i];
        }
        return (level[0], proof);
    }

    function pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }
}
