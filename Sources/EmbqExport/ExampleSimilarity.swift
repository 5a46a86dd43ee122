/// How the examples compare two embeddings, in integers.
enum ExampleSimilarity: String, Sendable {
    case cosine, dot, euclidean, manhattan

    /// With its article.
    var title: String {
        switch self {
        case .cosine: "the cosine similarity"
        case .dot: "the dot product"
        case .euclidean: "the negative Euclidean distance"
        case .manhattan: "the negative Manhattan distance"
        }
    }

    func functions(_ names: ModelNames) -> String {
        """
        static int32_t before[\(names.macro("OUTPUTS"))]; /* the embedding of the text before; zeros at first */

        \(definitions(names))
        /* Prints \(title) to the text before. */
        static void print_answer(void)
        {
            print_number(similarity(logits, before));
            memcpy(before, logits, sizeof before);
        }

        """
    }

    /// `similarity(a, b)` and what it calls.
    func definitions(_ names: ModelNames) -> String {
        let body =
            switch self {
            case .cosine: Self.cosineCode
            case .dot: Self.dotCode
            case .euclidean: Self.euclideanCode
            case .manhattan: Self.manhattanCode
            }
        return body.replacing("OUTPUTS", with: names.macro("OUTPUTS"))
    }

    /// Whether `similarity` scales its first vector, and takes a second one that was scaled.
    var scales: Bool { self == .cosine }

    private static let root = """
        /* The square root, rounded down. */
        static int64_t root(uint64_t number)
        {
            uint64_t found = 0;
            for (uint64_t bit = (uint64_t)1 << 62; bit > 0; bit >>= 2) {
                const int fits = number >= found + bit;
                if (fits) number -= found + bit;
                found = (found >> 1) + (fits ? bit : 0);
            }
            return (int64_t)found;
        }

        """

    private static let cosineCode = """
        \(root)
        /* Scales a vector so that its largest number has 16 bits: sums of products then fit. */
        static void scale(int32_t *vector)
        {
            int32_t bits = 0;
            for (uint32_t i = 0; i < OUTPUTS; i++) bits |= vector[i] < 0 ? -(vector[i] + 1) : vector[i];
            for (; bits >= 1 << 16; bits >>= 1)
                for (uint32_t i = 0; i < OUTPUTS; i++) vector[i] /= 2;
            for (; bits > 0 && bits < 1 << 15; bits <<= 1)
                for (uint32_t i = 0; i < OUTPUTS; i++) vector[i] *= 2;
        }

        static int64_t product(const int32_t *a, const int32_t *b)
        {
            int64_t sum = 0;
            for (uint32_t i = 0; i < OUTPUTS; i++) sum += (int64_t)a[i] * b[i];
            return sum;
        }

        static int64_t similarity(int32_t *a, const int32_t *b)
        {
            scale(a);
            const int64_t lengths = root((uint64_t)product(a, a)) * root((uint64_t)product(b, b));
            return lengths == 0 ? 0 : product(a, b) * (1 << 14) / (lengths >> 2);
        }

        """

    private static let dotCode = """
        static int64_t similarity(const int32_t *a, const int32_t *b)
        {
            int64_t whole = 0, rest = 0;
            for (uint32_t i = 0; i < OUTPUTS; i++) {
                const int64_t product = (int64_t)a[i] * b[i];
                whole += product / (1 << EMBQ_LOGIT_FRACTION_BITS);
                rest += product % (1 << EMBQ_LOGIT_FRACTION_BITS);
            }
            return whole + rest / (1 << EMBQ_LOGIT_FRACTION_BITS);
        }

        """

    private static let euclideanCode = """
        \(root)
        static int64_t similarity(const int32_t *a, const int32_t *b)
        {
            int64_t bits = 0, unit = 1;
            uint64_t sum = 0;
            for (uint32_t i = 0; i < OUTPUTS; i++) bits |= a[i] > b[i] ? (int64_t)a[i] - b[i] : (int64_t)b[i] - a[i];
            /* Sums of squares of 23 bits fit. */
            while (bits / unit >= 1 << 23) unit *= 2;
            for (uint32_t i = 0; i < OUTPUTS; i++) {
                const int64_t difference = ((int64_t)a[i] - b[i]) / unit;
                sum += (uint64_t)(difference * difference);
            }
            return -root(sum) * unit;
        }

        """

    private static let manhattanCode = """
        static int64_t similarity(const int32_t *a, const int32_t *b)
        {
            int64_t sum = 0;
            for (uint32_t i = 0; i < OUTPUTS; i++) sum += a[i] > b[i] ? (int64_t)a[i] - b[i] : (int64_t)b[i] - a[i];
            return -sum;
        }

        """
}
