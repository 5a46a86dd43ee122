/// A relocatable ELF object with one array of constants and its symbol: what a linker takes without a compiler.
///
/// Source: System V Application Binary Interface, Object Files (gABI 4.3); the machines' supplements.
struct ELFObject {
    let target: CSourceOptions.ObjectTarget
    let symbol: String
    let content: [UInt8]

    /// Where the array is in memory: at a multiple of this.
    private static let alignment = 16

    private struct Section {
        var name: String
        var type: UInt32
        var flags: UInt64 = 0
        var content: [UInt8] = []
        var link: UInt32 = 0
        var info: UInt32 = 0
        var alignment = 1
        var entrySize = 0
    }

    private enum SectionType {
        static let program: UInt32 = 1, symbols: UInt32 = 2, strings: UInt32 = 3
    }

    var bytes: [UInt8] {
        let sections = sections
        var file = [UInt8](repeating: 0, count: target.is64Bit ? 64 : 52)
        var offsets: [Int] = []
        for section in sections {
            Self.align(&file, section.alignment)
            offsets.append(file.count)
            file += section.content
        }
        Self.align(&file, 8)
        let table = file.count
        for (section, offset) in zip(sections, offsets) { file += header(section, offset, sections) }
        file.replaceSubrange(0..<(target.is64Bit ? 64 : 52), with: header(sections: sections.count, at: table))
        return file
    }

    /// The first is none; the last has the sections' names.
    private var sections: [Section] {
        let strings = Array("\0\(symbol)\0".utf8)
        var all = [
            Section(name: "", type: 0, alignment: 1),
            Section(
                name: ".rodata.\(symbol)", type: SectionType.program, flags: 2, content: content,
                alignment: Self.alignment),
            Section(
                name: ".symtab", type: SectionType.symbols, content: symbols, link: 3, info: 1, alignment: 8,
                entrySize: target.is64Bit ? 24 : 16),
            Section(name: ".strtab", type: SectionType.strings, content: strings),
            // Without it some linkers take the object for one that needs an executable stack.
            Section(name: ".note.GNU-stack", type: SectionType.program),
            Section(name: ".shstrtab", type: SectionType.strings),
        ]
        all[all.count - 1].content = Array(all.map { $0.name + "\0" }.joined().utf8)
        return all
    }

    /// None, then the array: a global object.
    private var symbols: [UInt8] {
        let size = UInt64(content.count)
        let entry =
            target.is64Bit
            ? Self.bytes(UInt32(1)) + [0x11, 0] + Self.bytes(UInt16(1)) + Self.bytes(UInt64(0)) + Self.bytes(size)
            : Self.bytes(UInt32(1)) + Self.bytes(UInt32(0)) + Self.bytes(UInt32(size)) + [0x11, 0]
                + Self.bytes(UInt16(1))
        return [UInt8](repeating: 0, count: entry.count) + entry
    }

    private func header(sections: Int, at table: Int) -> [UInt8] {
        let magic: [UInt8] =
            [0x7F] + Array("ELF".utf8) + [target.is64Bit ? 2 : 1, 1, 1] + [UInt8](repeating: 0, count: 9)
        return magic + Self.bytes(UInt16(1)) + Self.bytes(target.machine) + Self.bytes(UInt32(1)) + word(0) + word(0)
            + word(UInt64(table)) + Self.bytes(target.flags) + Self.bytes(UInt16(target.is64Bit ? 64 : 52))
            + Self.bytes(UInt16(0)) + Self.bytes(UInt16(0)) + Self.bytes(UInt16(target.is64Bit ? 64 : 40))
            + Self.bytes(UInt16(sections)) + Self.bytes(UInt16(sections - 1))
    }

    private func header(_ section: Section, _ offset: Int, _ all: [Section]) -> [UInt8] {
        let name = all.prefix { $0.name != section.name }.reduce(0) { $0 + $1.name.utf8.count + 1 }
        let isNone = section.type == 0
        return Self.bytes(UInt32(name)) + Self.bytes(section.type) + word(section.flags) + word(0)
            + word(UInt64(isNone ? 0 : offset)) + word(UInt64(section.content.count)) + Self.bytes(section.link)
            + Self.bytes(section.info) + word(UInt64(isNone ? 0 : section.alignment)) + word(UInt64(section.entrySize))
    }

    /// A number as wide as an address.
    private func word(_ value: UInt64) -> [UInt8] {
        target.is64Bit ? Self.bytes(value) : Self.bytes(UInt32(truncatingIfNeeded: value))
    }

    private static func bytes<T: FixedWidthInteger & UnsignedInteger>(_ value: T) -> [UInt8] {
        (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
    }

    private static func align(_ file: inout [UInt8], _ alignment: Int) {
        file += [UInt8](repeating: 0, count: (alignment - file.count % alignment) % alignment)
    }
}
