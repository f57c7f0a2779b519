// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../src/Gainsay.sol";
import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";

/// @title What can be deployed
contract TermsTest is GainsayTest {
    function test_ParametersAreWhatWasDeployed() public view {
        vm.assertEq(
            keccak256(abi.encode(gainsay.parameters())), keccak256(abi.encode(parametersWith(address(conviction))))
        );
        vm.assertEq(gainsay.VERSION(), "gainsay/1");
    }

    function test_BoundsThemselvesAreInside() public {
        IGainsay.Parameters memory p = parametersWith(address(0));
        (p.challengeWindow, p.revealWindow, p.convictionWindow) = (5, 5, 5);
        (p.nodeBond, p.challengeBond, p.rewardBps, p.burnBps) = (1 gwei, 1 gwei, 1000, 500);
        new Gainsay(p);
        (p.challengeWindow, p.revealWindow, p.convictionWindow) = (30 days, 30 days, 30 days);
        (p.nodeBond, p.challengeBond, p.rewardBps, p.burnBps) = (1_000_000 ether, 1_000_000 ether, 9500, 500);
        new Gainsay(p);
    }

    function test_RevertWhen_AWindowIsTooShortOrTooLong() public {
        for (uint256 i; i < 2; i++) {
            uint64 bad = i == 0 ? 4 : 30 days + 1;
            IGainsay.Parameters memory p = parametersWith(address(0));
            p.challengeWindow = bad;
            refuse(p, "challengeWindow");
            p = parametersWith(address(0));
            p.revealWindow = bad;
            refuse(p, "revealWindow");
            p = parametersWith(address(0));
            p.convictionWindow = bad;
            refuse(p, "convictionWindow");
        }
    }

    function test_RevertWhen_ABondIsTooSmallOrTooLarge() public {
        for (uint256 i; i < 2; i++) {
            uint256 bad = i == 0 ? 1 gwei - 1 : 1_000_000 ether + 1;
            IGainsay.Parameters memory p = parametersWith(address(0));
            p.nodeBond = bad;
            refuse(p, "nodeBond");
            p = parametersWith(address(0));
            p.challengeBond = bad;
            refuse(p, "challengeBond");
        }
    }

    function test_RevertWhen_TheRewardIsTooSmallOrMoreThanAll() public {
        IGainsay.Parameters memory p = parametersWith(address(0));
        p.rewardBps = 999;
        refuse(p, "rewardBps");
        p.rewardBps = 10_001;
        refuse(p, "rewardBps");
        p.rewardBps = type(uint16).max;
        refuse(p, "rewardBps");
    }

    function test_RevertWhen_TheBurnIsTooSmallOrMoreThanWhatIsLeft() public {
        IGainsay.Parameters memory p = parametersWith(address(0));
        p.burnBps = 499;
        refuse(p, "burnBps");
        p.burnBps = 4001;
        refuse(p, "burnBps");
        p.burnBps = type(uint16).max;
        refuse(p, "burnBps");
    }

    function testFuzz_WhateverIsDeployedIsWithinBounds(IGainsay.Parameters memory p) public {
        try new Gainsay(p) {
            bool windows = p.challengeWindow >= 5 && p.revealWindow >= 5 && p.convictionWindow >= 5
                && p.challengeWindow <= 30 days && p.revealWindow <= 30 days && p.convictionWindow <= 30 days;
            bool bonds = p.nodeBond >= 1 gwei && p.challengeBond >= 1 gwei && p.nodeBond <= 1_000_000 ether
                && p.challengeBond <= 1_000_000 ether;
            bool split = p.rewardBps >= 1000 && p.burnBps >= 500 && uint256(p.rewardBps) + p.burnBps <= 10_000;
            vm.assertTrue(windows && bonds && split, "deployed out of bounds");
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(IGainsay.ParameterOutOfBounds.selector));
        }
    }

    function refuse(IGainsay.Parameters memory p, string memory name) private {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.ParameterOutOfBounds.selector, name));
        new Gainsay(p);
    }
}
