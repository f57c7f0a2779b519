// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";
import {GasBurner, Reentrant, Refuser, ReturnBomber} from "./mocks/Hostile.sol";

/// @title Pull payments
contract CreditsTest is GainsayTest {
    function test_TheWholeCreditGoesWhereItsOwnerSays() public {
        credit(node, 3 ether);
        uint256 before = stranger.balance;
        vm.expectEmit(address(gainsay));
        emit IGainsay.Withdrawn(node, stranger, 3 ether);
        vm.prank(node);
        vm.assertEq(gainsay.withdraw(stranger), 3 ether);
        vm.assertEq(stranger.balance - before, 3 ether);
        vm.assertEq(gainsay.creditOf(node), 0);
    }

    function test_RevertWhen_ThereIsNothingToWithdraw() public {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.NothingToWithdraw.selector));
        vm.prank(stranger);
        gainsay.withdraw(stranger);
    }

    function test_RevertWhen_WithdrawingTwice() public {
        credit(node, 3 ether);
        vm.prank(node);
        gainsay.withdraw(node);
        vm.expectRevert(abi.encodeWithSelector(IGainsay.NothingToWithdraw.selector));
        vm.prank(node);
        gainsay.withdraw(node);
    }

    function test_RevertWhen_TheReceiverRefuses() public {
        credit(node, 3 ether);
        address[5] memory receivers = [
            address(new Refuser()),
            address(new GasBurner()),
            address(new ReturnBomber()),
            address(gainsay), // has no receive
            address(0) // would swallow it
        ];
        for (uint256 i; i < receivers.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IGainsay.WithdrawalRefused.selector, receivers[i]));
            vm.prank(node);
            gainsay.withdraw{gas: 1_000_000}(receivers[i]);
            vm.assertEq(gainsay.creditOf(node), 3 ether, "a refused withdrawal changes nothing");
        }
    }

    function test_AReceiverThatCallsBackIsPaidOnce() public {
        Reentrant thief = new Reentrant(gainsay);
        credit(address(thief), 3 ether);
        vm.prank(address(thief));
        gainsay.withdraw(address(thief));
        vm.assertEq(address(thief).balance, 3 ether);
        vm.assertEq(thief.gains(), 0);
        vm.assertEq(address(gainsay).balance, 10 ether);
    }

    function testFuzz_NobodyWithdrawsAnothersCredit(uint256 mine, uint256 theirs) public {
        mine = bound(mine, 1, 1e9 ether);
        theirs = bound(theirs, 1, 1e9 ether);
        credit(stranger, mine);
        credit(challenger, theirs);
        address receiver = actor("receiver");
        vm.prank(stranger);
        gainsay.withdraw(receiver);
        vm.assertEq(receiver.balance, mine);
        vm.assertEq(gainsay.creditOf(challenger), theirs);
    }

    function credit(address account, uint256 amount) private {
        vm.deal(account, amount);
        vm.prank(account);
        gainsay.bond{value: amount}();
        vm.prank(account);
        gainsay.unbond(amount);
    }
}
