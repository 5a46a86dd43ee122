// The one place that says where embq's Swift code runs. The C runtime (Sources/CEmbqRuntime) runs anywhere.
#if !canImport(Glibc)
    #error(
        "embq's tools are built for Linux with the GNU C library; elsewhere, use the C runtime of an exported model.")
#endif
