// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {Gainsay} from "../src/Gainsay.sol";
import {IGainsay} from "../src/IGainsay.sol";
import {GainsayTest} from "./GainsayTest.sol";

/// @title The register of models
contract ModelsTest is GainsayTest {
    function test_AModelIsStoredAndAnnouncedUnderTheHashOfItsTerms() public {
        IGainsay.Model memory model = exampleModel();
        model.tolerance = 2e13;
        bytes32 id = keccak256(abi.encode(model));
        vm.assertEq(gainsay.modelIdOf(model), id);

        vm.expectEmit(address(gainsay));
        emit IGainsay.ModelRegistered(
            id,
            model.modelHash,
            stranger,
            model.graphRoot,
            model.uri,
            model.precision,
            model.tolerance,
            model.arbiter,
            model.rule,
            model.lambda
        );
        vm.prank(stranger);
        vm.assertEq(gainsay.registerModel(model), id);
        vm.assertEq(keccak256(abi.encode(gainsay.modelOf(id))), id);
    }

    function test_OneFileCanBeRegisteredUnderOtherTerms() public {
        IGainsay.Model memory model = exampleModel();
        model.arbiter = stranger;
        vm.assertNotEq(gainsay.registerModel(model), modelId, "other terms, other model");
    }

    function test_AnExactModelNeedsNeitherToleranceNorArbiterNorGraph() public {
        IGainsay.Model memory model = exampleModel();
        model.precision = IGainsay.Precision.Exact;
        model.tolerance = 0;
        model.arbiter = address(0);
        model.graphRoot = 0;
        gainsay.registerModel(model);
    }

    function test_TheWidestToleranceIsTheWholeNorm() public {
        IGainsay.Model memory model = exampleModel();
        model.tolerance = 1e18;
        gainsay.registerModel(model);
    }

    function test_RevertWhen_TheSameTermsAreRegisteredAgain() public {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.ModelExists.selector, modelId));
        gainsay.registerModel(exampleModel());
    }

    function test_RevertWhen_AModelHasNoHash() public {
        IGainsay.Model memory model = exampleModel();
        model.modelHash = 0;
        refuse(model);
    }

    function test_RevertWhen_AModelHasNoUri() public {
        IGainsay.Model memory model = exampleModel();
        model.uri = "";
        refuse(model);
    }

    function test_RevertWhen_AnExactModelHasATolerance() public {
        IGainsay.Model memory model = exampleModel();
        model.precision = IGainsay.Precision.Exact;
        refuse(model);
    }

    function test_RevertWhen_AnFp32ModelHasNoToleranceOrMoreThanTheNorm() public {
        IGainsay.Model memory model = exampleModel();
        model.tolerance = 0;
        refuse(model);
        model.tolerance = 1e18 + 1;
        refuse(model);
    }

    function test_RevertWhen_AModelsUriIsTooLong() public {
        IGainsay.Model memory model = exampleModel();
        model.uri = uriOf(2048);
        gainsay.registerModel(model);
        model.uri = uriOf(2049);
        vm.expectRevert(abi.encodeWithSelector(IGainsay.UriTooLong.selector, 2049));
        gainsay.registerModel(model);
    }

    function testFuzz_ARuleIsAcceptedOnlyIfSomebodyCanWinByIt(
        uint8 rule,
        uint16 lambda,
        bool hasGraph,
        bool hasConviction
    ) public {
        IGainsay.Model memory model = exampleModel();
        model.modelHash = keccak256("another file");
        model.rule = IGainsay.Rule(rule % 4);
        model.lambda = lambda % 3 == 0 ? 0 : lambda % 80;
        if (!hasGraph) model.graphRoot = 0;
        if (!hasConviction) gainsay = new Gainsay(parametersWith(address(0)));

        bool lambdaFits =
            model.rule == IGainsay.Rule.Probabilistic ? model.lambda >= 6 && model.lambda <= 64 : model.lambda == 0;
        bool seatsFit = model.rule == IGainsay.Rule.Arbiter || (hasGraph && hasConviction);
        if (model.rule == IGainsay.Rule.EqualBits || !lambdaFits || !seatsFit) return refuse(model);
        bytes32 id = gainsay.registerModel(model);
        vm.assertEq(keccak256(abi.encode(gainsay.modelOf(id))), id);
    }

    function test_LambdaHasBounds() public {
        IGainsay.Model memory model = exampleModel();
        model.rule = IGainsay.Rule.Probabilistic;
        uint16[2] memory fit = [uint16(6), 64];
        uint16[4] memory unfit = [uint16(0), 5, 65, type(uint16).max];
        for (uint256 i; i < unfit.length; i++) {
            model.lambda = unfit[i];
            refuse(model);
        }
        for (uint256 i; i < fit.length; i++) {
            model.lambda = fit[i];
            gainsay.registerModel(model);
        }
    }

    function test_RevertWhen_ARuleWithoutLambdaHasOne() public {
        IGainsay.Model memory model = exampleModel();
        model.lambda = 6;
        refuse(model);
        model.rule = IGainsay.Rule.WorstCase;
        refuse(model);
        model.lambda = 0;
        gainsay.registerModel(model);
    }

    function test_RevertWhen_TheContractCannotYetConvictByTheRule() public {
        IGainsay.Model memory model = exampleModel();
        model.rule = IGainsay.Rule.EqualBits;
        refuse(model);
    }

    function testFuzz_DifferentTermsNeverShareAnId(
        bytes32[2] calldata modelHash,
        bytes32[2] calldata graphRoot,
        string[2] calldata uri,
        uint256[2] calldata tolerance,
        address[2] calldata arbiter_,
        uint16[2] calldata lambda,
        uint256 differ
    ) public view {
        IGainsay.Model memory a = IGainsay.Model(
            modelHash[0],
            graphRoot[0],
            uri[0],
            IGainsay.Precision.Fp32,
            tolerance[0],
            arbiter_[0],
            IGainsay.Rule.WorstCase,
            lambda[0]
        );
        // The second takes each field from the first or from itself, so that near twins are common.
        IGainsay.Model memory b = IGainsay.Model(
            modelHash[differ & 1],
            graphRoot[(differ >> 1) & 1],
            uri[(differ >> 2) & 1],
            (differ >> 3) & 1 == 0 ? IGainsay.Precision.Fp32 : IGainsay.Precision.Exact,
            tolerance[(differ >> 4) & 1],
            arbiter_[(differ >> 5) & 1],
            (differ >> 6) & 1 == 0 ? IGainsay.Rule.WorstCase : IGainsay.Rule.Probabilistic,
            lambda[(differ >> 7) & 1]
        );
        bool same = a.modelHash == b.modelHash && a.graphRoot == b.graphRoot
            && keccak256(bytes(a.uri)) == keccak256(bytes(b.uri)) && a.precision == b.precision
            && a.tolerance == b.tolerance && a.arbiter == b.arbiter && a.rule == b.rule && a.lambda == b.lambda;
        vm.assertTrue((gainsay.modelIdOf(a) == gainsay.modelIdOf(b)) == same, "the id is the terms");
    }

    function refuse(IGainsay.Model memory model) private {
        vm.expectRevert(abi.encodeWithSelector(IGainsay.BadModel.selector));
        gainsay.registerModel(model);
    }
}
