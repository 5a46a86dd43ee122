package import EmbqCore

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
        case cmsisPack = "cmsis-pack"
        case swift
    }

    /// How the artifact becomes arrays.
    package enum Arrays: String, CaseIterable, Sendable {
        /// One, opened with `embq_open_with`.
        case one
        /// One for each section that the runtime reads, opened with `embq_open_sections`: a linker can place them apart.
        case sections
        /// One, which an assembler file takes from a file of bytes: for gcc and clang, and ELF.
        case incbin
        /// One, in an ELF object for ``target``: no compiler reads it.
        case object
    }

    /// The processors that an ELF object can be for.
    package enum ObjectTarget: String, CaseIterable, Sendable {
        case arm, aarch64, riscv32, riscv64, xtensa
        case x86_64 = "x86-64"

        var is64Bit: Bool { [.aarch64, .riscv64, .x86_64].contains(self) }

        /// `e_machine`.
        var machine: UInt16 {
            switch self {
            case .arm: 40
            case .aarch64: 183
            case .riscv32, .riscv64: 243
            case .xtensa: 94
            case .x86_64: 62
            }
        }

        /// `e_flags`: of Arm, EABI version 5.
        var flags: UInt32 { self == .arm ? 0x0500_0000 : 0 }
    }

    package var layout: Layout
    package var arrays: Arrays
    /// What an object is for; nil with other arrays.
    package var target: ObjectTarget?
    /// Whether the example is a board under test, which takes commands from its serial port.
    package var serial: Bool
    /// What the library is called, in any spelling; nil: as the model's family.
    package var name: String?
    /// SPDX expression for the model's weights; nil: only the runtime's licence is named.
    package var license: String?
    /// The version of embq, which the library takes over.
    package var version: String

    package init(
        layout: Layout = .plain, arrays: Arrays = .one, target: ObjectTarget? = nil, serial: Bool = false,
        name: String? = nil, license: String? = nil, version: String
    ) {
        self.layout = layout
        self.arrays = arrays
        self.target = target
        self.serial = serial
        self.name = name
        // As SPDX spells it; what is no expression is refused later.
        self.license = license.map { (try? LicenseExpression($0).text) ?? $0 }
        self.version = version
    }

    /// Refuses a licence that is no SPDX expression, before work is spent on a model.
    ///
    /// - Throws: `.invalidRequest`
    package func checkLicense() throws(EmbqError) {
        if let license { _ = try LicenseExpression(license) }
    }
}
