// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Extreme} from "./Extreme.sol";

/// @title Min: the smallest of any number of inputs. Exact.
contract Min is Extreme {
    function _isBetter(int256 x, int256 y) internal pure override returns (bool) {
        return x < y;
    }
}
