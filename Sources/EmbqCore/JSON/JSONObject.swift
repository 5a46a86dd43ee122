/// The members of a JSON object in their order. A member is found by its key in a time that does not grow with their
/// number.
package struct JSONObject: Sendable, Equatable, RandomAccessCollection, ExpressibleByArrayLiteral {
    package typealias Element = (key: String, value: JSONValue)

    /// Fewer members are compared one by one: that is faster, and takes no memory.
    private static let fewest = 16

    private var members: [Element] = []
    /// Places by key, the first of equal ones; empty for few members.
    private var places: [ExactString: Int] = [:]

    package init() {}

    /// Members may have equal keys; the first of them is found.
    package init(_ members: some Sequence<Element>) { for member in members { append(member) } }

    package init(arrayLiteral members: Element...) { self.init(members) }

    package var startIndex: Int { 0 }
    package var endIndex: Int { members.count }
    package subscript(index: Int) -> Element { members[index] }

    /// The place of a key.
    package func index(of key: String) -> Int? {
        members.count > Self.fewest
            ? places[ExactString(key)] : members.firstIndex { $0.key.hasSameBytes(as: key) }
    }

    /// Adds a member behind the others.
    package mutating func append(_ member: Element) {
        members.append(member)
        if members.count == Self.fewest + 1 {
            for (index, earlier) in members.enumerated() { note(earlier.key, index) }
        } else if members.count > Self.fewest {
            note(member.key, members.count - 1)
        }
    }

    private mutating func note(_ key: String, _ index: Int) {
        let key = ExactString(key)
        if places[key] == nil { places[key] = index }
    }

    /// Replaces the value of a key, or adds a member behind the others.
    package mutating func set(_ key: String, to value: JSONValue) {
        if let index = index(of: key) { members[index].value = value } else { append((key, value)) }
    }

    package static func == (a: JSONObject, b: JSONObject) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.key.hasSameBytes(as: $1.key) && $0.value == $1.value }
    }
}
