// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";

/// @title Node bonds
contract BondsTest is GainsayTest {
    function test_ABondIsFreeUntilAResultLocksIt() public {
        vm.expectEmit(address(gainsay));
        emit IGainsay.Bonded(node, 1 ether, 11 ether, 0);
        vm.prank(node);
        gainsay.bond{value: 1 ether}();

        toPosted();
        vm.assertEq(gainsay.freeBondOf(node), 11 ether - NODE_BOND);
        vm.assertEq(gainsay.lockedBondOf(node), NODE_BOND);
    }

    function test_UnbondedWeiBecomeCredit() public {
        toPosted();
        vm.expectEmit(address(gainsay));
        emit IGainsay.Unbonded(node, 3 ether, 5 ether, NODE_BOND);
        expectCredited(node, 0, IGainsay.Reason.Unbonded, 3 ether);
        vm.prank(node);
        gainsay.unbond(3 ether);
        vm.assertEq(gainsay.creditOf(node), 3 ether);
    }

    function test_RevertWhen_UnbondingMoreThanIsFree() public {
        toPosted();
        vm.expectRevert(abi.encodeWithSelector(IGainsay.BondTooSmall.selector, 8 ether, 8 ether + 1));
        vm.prank(node);
        gainsay.unbond(8 ether + 1);
    }

    function test_RevertWhen_PostingWithoutEnoughFreeBond() public {
        bytes32 requestId = toRequested();
        vm.prank(node);
        gainsay.unbond(10 ether - NODE_BOND + 1);
        vm.expectRevert(abi.encodeWithSelector(IGainsay.BondTooSmall.selector, NODE_BOND - 1, NODE_BOND));
        vm.prank(node);
        gainsay.post(requestId, output);
    }

    function test_RevertWhen_WeiAreSentWithoutAPurpose() public {
        vm.prank(stranger);
        (bool sent,) = address(gainsay).call{value: 1}("");
        vm.assertTrue(!sent, "plain transfers are refused");
        vm.prank(stranger);
        (sent,) = address(gainsay).call{value: 1}("gain");
        vm.assertTrue(!sent, "unknown calls are refused");
    }

    function testFuzz_BondedIsFreePlusUnbonded(uint256 put, uint256 take) public {
        put = bound(put, 0, 1e9 ether);
        take = bound(take, 0, put);
        vm.deal(stranger, put);
        vm.prank(stranger);
        gainsay.bond{value: put}();
        vm.prank(stranger);
        gainsay.unbond(take);
        vm.assertEq(gainsay.freeBondOf(stranger), put - take);
        vm.assertEq(gainsay.creditOf(stranger), take);
    }
}
