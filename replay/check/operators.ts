/**
 * Operators a replay runs, by domain. A list of what is allowed, not of what is forbidden: an operator nobody thought
 * of (a crash, a random number, a sequence) then ends as `undetermined`, with its name, and never in a verdict.
 *
 * Left out of the standard set on purpose: random ones ({@link randomOperators}), `Attention` and `SplitToSequence`
 * (they kill onnxruntime-node 1.30 when given a zero), everything whose values are sequences, optionals, maps or
 * strings, and training.
 *
 * @see https://onnx.ai/onnx/operators/
 */
export const allowedOperators: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    '',
    words(`
      Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BatchNormalization BitShift BitwiseAnd
      BitwiseNot BitwiseOr BitwiseXor BlackmanWindow Cast CastLike Ceil Celu CenterCropPad Clip Col2Im Compress Concat
      Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DFT DeformConv DepthToSpace
      DequantizeLinear Det Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU
      Gather GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual
      GridSample GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish Hardmax Identity If
      InstanceNormalization IsInf IsNaN LRN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax Loop
      LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization
      MelWeightMatrix Min Mish Mod Mul Neg NonMaxSuppression NonZero Not OneHot Or PRelu Pad Pow QLinearConv
      QLinearMatMul QuantizeLinear RMSNormalization RNN Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum
      ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize
      ReverseSequence RoiAlign RotaryEmbedding Round STFT Scan Scatter ScatterElements ScatterND Selu Shape Shrink
      Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh
      TensorScatter ThresholdedRelu Tile TopK Transpose Trilu Unique Unsqueeze Upsample Where Xor`),
  ],
  [
    'ai.onnx.ml',
    words(`
      ArrayFeatureExtractor Binarizer FeatureVectorizer Imputer LinearClassifier LinearRegressor Normalizer
      OneHotEncoder SVMClassifier SVMRegressor Scaler TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor`),
  ],
  [
    // What ONNX Runtime's own quantizer and fusions write into model files.
    'com.microsoft',
    words(`
      BiasGelu DequantizeLinear DynamicQuantizeLSTM DynamicQuantizeMatMul FastGelu FusedConv FusedGemm FusedMatMul Gelu
      MatMulIntegerToFloat QGemm QLinearAdd QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool
      QLinearLeakyRelu QLinearMul QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere QuantizeLinear QuickGelu
      SkipLayerNormalization`),
  ],
])

/** Operators that draw random numbers. ONNX Runtime does not repeat them even when they name a seed. */
export const randomOperators: ReadonlySet<string> = words(
  'Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform RandomUniformLike',
)

/** Operators that take any number of operands, none of which may be absent. */
export const variadicOperators: ReadonlySet<string> = words('Concat Einsum FeatureVectorizer Max Mean Min Sum')

const withRequired: [count: number, operators: ReadonlySet<string>][] = [
  [0, words('Constant Loop')],
  [
    2,
    words(`
      Add And ArrayFeatureExtractor BiasGelu BitShift BitwiseAnd BitwiseOr BitwiseXor CastLike CenterCropPad Compress
      Conv ConvInteger ConvTranspose CumSum DequantizeLinear Div DynamicQuantizeMatMul Equal Expand FusedConv FusedGemm
      FusedMatMul Gather GatherElements GatherND Gemm Greater GreaterOrEqual GridSample LayerNormalization Less
      LessOrEqual MatMul MatMulInteger MaxRoiPool MaxUnpool Mod Mul NonMaxSuppression Or PRelu Pad Pow QLinearAdd
      QLinearMul QuantizeLinear RMSNormalization Reshape ReverseSequence STFT Sub TensorScatter Tile TopK Unsqueeze
      Upsample Xor`),
  ],
  [
    3,
    words(`
      Col2Im DeformConv DynamicQuantizeLSTM GRU GroupNormalization InstanceNormalization LSTM OneHot RNN Range RoiAlign
      RotaryEmbedding Scatter ScatterElements ScatterND SkipLayerNormalization Slice Where`),
  ],
  [4, words('MatMulIntegerToFloat')],
  [5, words('BatchNormalization MelWeightMatrix')],
  [6, words('QGemm')],
  [8, words('QLinearConv QLinearMatMul')],
]
const required = new Map(withRequired.flatMap(([count, names]) => [...names].map((name) => [name, count] as const)))

/**
 * How many operands, from the first, an operator of any allowed domain cannot do without. Older operator sets have some
 * of them as attributes: then they are not given at all, which the runtime checks.
 */
export function requiredInputs(operator: string): number {
  return required.get(operator) ?? 1
}

function words(text: string): Set<string> {
  return new Set(text.trim().split(/\s+/))
}
