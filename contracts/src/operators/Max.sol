// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Extreme} from "./Extreme.sol";

/// @title Max: the largest of any number of inputs. Exact.
contract Max is Extreme {
    function _isBetter(int256 x, int256 y) internal pure override returns (bool) {
        return x > y;
    }
}
