import EmbqModels

// The forms of a value. An operation asks for the form that it can read, and the compiler holds it to that: a zero point
// or a scale for each column is nowhere dropped on the way.

extension Lowering {
    /// int8, `q · scale`: zero is at zero, and all columns have one scale. All that attention and convolutions read.
    struct SymmetricForm {
        var scale: Double
    }

    /// int8, `(q − zeroPoint) · scale · channels[d]`: a layer's biases take over the zero point, its weights the channels.
    struct AffineForm {
        var scale: Double
        var zeroPoint = 0
        /// Factors of the columns' scales; empty for 1.
        var channels: [Double] = []
    }

    /// int16, zero at zero.
    struct ShortForm {
        var scale: Double
    }

    /// 32 bits, one scale for all columns.
    struct WideForm {
        var scale: Double
        /// True if SCAN may read the row, which clips it to ±32767: the scale is one for 16 bits.
        var fitsScan = false
    }

    /// A scale for each column, a real bias still to be added to each, and the largest magnitude of its integers.
    struct Columns {
        var scales: [Double]
        var biases: [Double]
        var limits: [Double]

        init(scales: [Double], biases: [Double], limits: [Double]) {
            self.scales = scales
            self.biases = biases
            self.limits = limits
        }

        /// One scale for all.
        init(scale: Double, limit: Double, width: Int) {
            scales = [Double](repeating: scale, count: width)
            biases = [Double](repeating: 0, count: width)
            limits = [Double](repeating: limit, count: width)
        }
    }

    /// Sums of products, 32 bits.
    struct SumsForm {
        var columns: Columns
    }

    /// A term of COMBINE: 16 or 32 bits.
    struct TermForm {
        var columns: Columns
    }

    /// What WIDE_LINEAR reads: `(q − zeroPoint) · scale · channels[d]`, of any type.
    struct FactorForm {
        var row: AffineForm
        /// Largest magnitude of the integers.
        var limit: Double
    }

    enum NarrowForm {
        case symmetric(SymmetricForm)
        case affine(AffineForm)

        /// Either is affine.
        var affine: AffineForm {
            switch self {
            case .symmetric(let form): AffineForm(scale: form.scale)
            case .affine(let form): form
            }
        }
    }

    /// More than 8 bits and one scale.
    enum UniformForm {
        case short(ShortForm)
        case wide(WideForm)
    }

    /// More than 8 bits.
    enum BroadForm {
        case uniform(UniformForm)
        case sums(SumsForm)
    }

    /// Any form that a register holds.
    enum Form {
        case narrow(NarrowForm)
        case broad(BroadForm)

        static func symmetric(scale: Double) -> Form { .narrow(.symmetric(SymmetricForm(scale: scale))) }
        static func short(scale: Double) -> Form { .broad(.uniform(.short(ShortForm(scale: scale)))) }
        static func wide(_ form: WideForm) -> Form { .broad(.uniform(.wide(form))) }
        static func wide(scale: Double) -> Form { .wide(WideForm(scale: scale)) }
        static func sums(_ columns: Columns) -> Form { .broad(.sums(SumsForm(columns: columns))) }

        var isNarrow: Bool { if case .narrow = self { true } else { false } }
        var symmetric: SymmetricForm? { if case .narrow(.symmetric(let form)) = self { form } else { nil } }

        /// nil for 32 bits, which no store holds.
        var stored: StoredForm? {
            switch self {
            case .narrow(let form): .narrow(form)
            case .broad(.uniform(.short(let form))): .short(form)
            case .broad: nil
            }
        }
    }

    /// Any form that a store holds.
    enum StoredForm {
        case narrow(NarrowForm)
        case short(ShortForm)

        var held: Form {
            switch self {
            case .narrow(let form): .narrow(form)
            case .short(let form): .broad(.uniform(.short(form)))
            }
        }
        var isNarrow: Bool { if case .narrow = self { true } else { false } }
        var symmetric: SymmetricForm? { held.symmetric }
    }

    /// A value in a register of a pass.
    struct Row<Form> {
        var form: Form
        var register: DeviceProgram.Register
        var pass: Int

        /// The same register, described in another way.
        func described<Other>(_ form: Other) -> Row<Other> { Row<Other>(form: form, register: register, pass: pass) }
    }

    /// A value in memory, a row for each token.
    struct Kept<Form> {
        var form: Form
        var store: DeviceProgram.Store
        var groups: Int
        /// The pass that writes it.
        var pass: Int
        /// Of a number; below 8 its rows are packed.
        var bits = 8

        func described<Other>(_ form: Other) -> Kept<Other> {
            Kept<Other>(form: form, store: store, groups: groups, pass: pass, bits: bits)
        }
    }
}
