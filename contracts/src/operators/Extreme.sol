// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Floats} from "../arithmetic/Floats.sol";
import {Wholes} from "../arithmetic/Wholes.sol";
import {IOperator, Query, View} from "./IOperator.sol";
import {Range, Ranges} from "./Range.sol";
import {Views} from "./Views.sol";

/// @title One of any number of inputs, broadcast to each other, element by element. Exact.
/// @dev Open with a NaN, which some hardware propagates and some passes over.
abstract contract Extreme is IOperator {
    using Views for View;

    /// @inheritdoc IOperator
    function shape(Query calldata q) external pure returns (uint8, uint32[] memory dims) {
        dims = q.inputs[0].dims;
        for (uint256 i = 1; i < q.inputs.length; ++i) {
            dims = Views.broadcastDims(dims, q.inputs[i].dims, 0);
        }
        return (q.inputs[0].dtype, dims);
    }

    /// @inheritdoc IOperator
    function element(Query calldata q) external pure returns (Range memory) {
        uint8 dtype = q.inputs[0].dtype;
        bool whole = Wholes.isWhole(dtype);
        if (!whole && dtype != 1) return Ranges.open();
        int256 best;
        for (uint256 i = 0; i < q.inputs.length; ++i) {
            View calldata v = q.inputs[i];
            if (v.dtype != dtype) return Ranges.open();
            uint256 bits = v.get(Views.broadcast(q.dims, v.dims, q.index, 0));
            (bool finite, int256 x) = whole ? (true, Views.signed(dtype, bits)) : Floats.toFixed(bits);
            if (!finite) return Ranges.open();
            if (i == 0 || _isBetter(x, best)) best = x;
        }
        return whole ? Ranges.exactly(Wholes.wrap(dtype, best)) : Ranges.around(best, 0);
    }

    /// @dev Whether x rather than y is the one.
    function _isBetter(int256 x, int256 y) internal pure virtual returns (bool);
}
