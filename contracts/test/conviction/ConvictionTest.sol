// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../../src/Gainsay.sol";
import {IGainsay} from "../../src/IGainsay.sol";
import {Conviction} from "../../src/conviction/Conviction.sol";
import {IConviction} from "../../src/conviction/IConviction.sol";
import {Demand} from "../../src/proof/IChecker.sol";
import {GainsayTest} from "../GainsayTest.sol";
import {MockChecker} from "../mocks/MockChecker.sol";

/// @title A deployed protocol with the real contract in the conviction seat
abstract contract ConvictionTest is GainsayTest {
    uint64 internal constant SUPPLY_WINDOW = 50;
    uint64 internal constant USE_WINDOW = 40;
    uint256 internal constant BASE_FEE = 0.003 ether;
    uint256 internal constant CHUNK_FEE = 0.001 ether;
    uint64 internal constant CONVICTION_END = START + CONVICTION_WINDOW;
    bytes32 internal constant SALT = "salt";

    MockChecker internal checker;
    /// @dev The contract in the seat.
    Conviction internal seat;

    /// @dev As a deployer does it: Gainsay with the address that the next contract will have.
    function deploy() internal virtual override {
        checker = new MockChecker();
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        gainsay = new Gainsay(parametersWith(predicted));
        seat = new Conviction(gainsay, checker, demandTerms());
        vm.deal(convictor, 1000 ether);
    }

    function demandTerms() internal pure returns (IConviction.DemandTerms memory) {
        return IConviction.DemandTerms(SUPPLY_WINDOW, USE_WINDOW, BASE_FEE, CHUNK_FEE);
    }

    function exampleModel() internal view virtual override returns (IGainsay.Model memory model) {
        model = super.exampleModel();
        model.rule = IGainsay.Rule.WorstCase;
    }

    // ------------------------------------------------------------------------------------------------- convictions

    function proofOf(bytes32 traceRoot) internal pure returns (bytes memory) {
        return abi.encode(traceRoot, bytes32("one of many"));
    }

    /// @dev A revealed result that a proof convicts.
    function toGuilty() internal returns (bytes32 resultId) {
        checker.condemn(TRACE_ROOT);
        resultId = toRevealed();
    }

    function commit(address account, bytes32 resultId, bytes memory proof) internal {
        bytes32 commitment = seat.commitmentOf(account, resultId, keccak256(proof), SALT);
        vm.prank(account);
        seat.commit(commitment);
    }

    function convict(address account, bytes32 resultId, bytes memory proof) internal {
        vm.prank(account);
        seat.convict(resultId, proof, SALT);
    }

    function expectNotCommitted(address account, bytes32 resultId, bytes memory proof) internal {
        bytes32 commitment = seat.commitmentOf(account, resultId, keccak256(proof), SALT);
        vm.expectRevert(abi.encodeWithSelector(IConviction.NotCommitted.selector, commitment));
    }

    function nextBlock() internal {
        vm.roll(block.number + 1);
    }

    // ----------------------------------------------------------------------------------------------------- demands

    function demandWith(address account, bytes32 resultId, Demand memory what) internal returns (bytes32 demandId) {
        uint256 fee = seat.feeOf(resultId, what.count);
        vm.prank(account);
        demandId = seat.demand{value: fee}(resultId, what, "opens");
    }

    function demand(address account, bytes32 resultId) internal returns (bytes32 demandId) {
        return demandWith(account, resultId, exampleDemand());
    }

    function exampleDemand() internal pure returns (Demand memory) {
        return Demand({entry: 2, first: 3, count: 4});
    }

    function supply(address account, bytes32 demandId) internal {
        bytes memory data = checker.partOf(TRACE_ROOT, seat.demandOf(demandId).demand);
        vm.prank(account);
        seat.supply(demandId, data);
    }

    function assertDemandStatus(bytes32 demandId, IConviction.DemandStatus expected) internal view {
        vm.assertEq(uint256(seat.demandOf(demandId).status), uint256(expected));
    }

    function expectWrongDemandStatus(bytes32 demandId, IConviction.DemandStatus status) internal {
        vm.expectRevert(abi.encodeWithSelector(IConviction.WrongDemandStatus.selector, demandId, status));
    }
}
