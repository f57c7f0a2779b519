// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Dot, Dots} from "../src/arithmetic/Dots.sol";
import {Test} from "./Test.sol";

/// @title What a dot product costs
contract DotsTest is Test {
    using Dots for Dot;

    function costOf(bytes calldata a, bytes calldata b, uint256 count) external view returns (uint256 gas_) {
        Dot memory dot;
        uint256 x;
        uint256 y;
        assembly {
            x := a.offset
            y := b.offset
        }
        gas_ = gasleft();
        dot.add(x, y, count);
        gas_ -= gasleft();
        vm.assertTrue(!dot.open && dot.size > 0, "nothing was added");
    }

    /// @dev Numbers between one half and two, of both signs, every fourth one zero as after a Relu.
    function numbers(uint256 count, uint256 seed) private pure returns (bytes memory data) {
        data = new bytes(4 * count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 drawn = uint256(keccak256(abi.encode(seed, i)));
            uint32 bits = i & 3 == 3 ? 0 : uint32(0x3f000000 | (drawn & 0x80ffffff));
            for (uint256 byte_ = 0; byte_ < 4; ++byte_) {
                data[4 * i + byte_] = bytes1(uint8(bits >> (8 * byte_)));
            }
        }
    }

    function test_AMultiplyAddCostsAtMost250Gas() public view {
        uint256[2] memory counts = [uint256(1024), 4096];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 each = this.costOf(numbers(counts[i], 1), numbers(counts[i], 2), counts[i]) / counts[i];
            vm.assertLe(each, 250, "gas a multiply-add");
        }
    }
}
