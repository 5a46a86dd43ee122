/// Values in their order, each under a name. A value is found by its name in a time that does not grow with their number.
package struct KeyedList<Value: Sendable>: Sendable {
    /// nil where a value was taken out.
    private var slots: [(name: String, value: Value)?] = []
    private var places: [ExactString: Int] = [:]

    package init() {}

    package var items: [(name: String, value: Value)] { slots.compactMap { $0 } }

    package subscript(name: String) -> Value? { places[ExactString(name)].flatMap { slots[$0]?.value } }

    /// Replaces the value of a name at its place, or adds it behind the others.
    package mutating func set(_ name: String, _ value: Value) {
        if let place = places[ExactString(name)] { slots[place] = (name, value) } else { add(name, value) }
    }

    /// Adds a value behind the others; one that the name had before is taken out.
    package mutating func move(_ name: String, _ value: Value) {
        remove(name)
        add(name, value)
    }

    package mutating func remove(_ name: String) {
        guard let place = places.removeValue(forKey: ExactString(name)) else { return }
        slots[place] = nil
    }

    private mutating func add(_ name: String, _ value: Value) {
        places[ExactString(name)] = slots.count
        slots.append((name, value))
    }
}
