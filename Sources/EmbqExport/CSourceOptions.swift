/// How a model is written as C.
package struct CSourceOptions: Sendable {
    /// Whose build system takes the folder.
    package enum Layout: String, CaseIterable, Sendable {
        /// All files side by side: `cc *.c`.
        case plain
        case arduino
        case platformio
        case zephyr
        case espIDF = "esp-idf"
        case cmake
    }

    /// How the artifact becomes arrays.
    package enum Arrays: String, CaseIterable, Sendable {
        /// One, opened with `embq_open_with`.
        case one
        /// One for each section that the runtime reads, opened with `embq_open_sections`: a linker can place them apart.
        case sections
    }

    package var layout: Layout
    package var arrays: Arrays
    /// What the library is called, in any spelling; nil: as the model's family.
    package var name: String?
    /// SPDX expression for the model's weights; nil: only the runtime's licence is named.
    package var license: String?
    /// The version of embq, which the library takes over.
    package var version: String

    package init(
        layout: Layout = .plain, arrays: Arrays = .one, name: String? = nil, license: String? = nil,
        version: String
    ) {
        self.layout = layout
        self.arrays = arrays
        self.name = name
        self.license = license
        self.version = version
    }
}
