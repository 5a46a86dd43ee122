#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// e^x.
func exponential(_ x: Double) -> Double { exp(x) }
