import CEmbqFloatKernels

/// The instructions that the fp32 products take on this processor. All of them give the same bits.
package enum FloatInstructions {
    package static var name: String {
        switch embq_float_level() {
        case 2: "AVX-512"
        case 1: "AVX2"
        default: "portable"
        }
    }
}
