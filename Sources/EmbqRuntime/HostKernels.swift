import CEmbqRuntime

/// The kernels of the C runtime on this machine. All of them give the same bits.
package enum HostKernels {
    /// The instructions that they take on this processor.
    package static var instructions: String {
        switch embq_host_level() {
        case 3: "AVX-512 VNNI"
        case 2: "AVX-VNNI"
        case 1: "AVX2"
        default: "portable"
        }
    }
}
