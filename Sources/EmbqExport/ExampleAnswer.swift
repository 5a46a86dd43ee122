import EmbqArtifact
import EmbqCore
import EmbqRuntime

/// How the examples run a text and print what the model answers: functions that are both C11 and C++.
///
/// They call `print(text, length)`, which each platform defines.
enum ExampleAnswer: Sendable {
    /// The label of the largest logit.
    case label
    /// All labels whose logit is above 0, joined by commas.
    case labels
    /// The logits as numbers, joined by commas.
    case numbers
    /// The labels of a text's tokens, joined by commas, then the spans that they make.
    case tags
    /// How similar the text's embedding is to that of the text before.
    case similarity(ExampleSimilarity)
    /// The likeliest word at the first [MASK].
    case word

    init(_ artifact: ArtifactReader) {
        self =
            switch artifact.device.task {
            case .labels: .label
            case .multiLabel: .labels
            case .number: .numbers
            case .tags: .tags
            case .embedding:
                .similarity(
                    artifact.provenance["similarity"]?.string.flatMap(ExampleSimilarity.init(rawValue:)) ?? .cosine)
            case .pretraining: .word
            }
    }

    /// What is printed for a text, behind "prints for each ".
    var purpose: String {
        switch self {
        case .label: "its label"
        case .labels: "its labels, joined by commas"
        case .numbers: "its number"
        case .tags: "the tags of its tokens, joined by commas, and the spans that they make"
        case .similarity(let function): "\(function.title) to the text before"
        case .word: "the likeliest word at its first [MASK]"
        }
    }

    var isTagger: Bool { if case .tags = self { true } else { false } }

    /// The functions, from `print_text` to `answer`, and the variables that they share.
    func functions(_ names: ModelNames) -> String {
        """
        static void print_text(const char *text)
        {
            print(text, strlen(text));
        }

        \(printing(names))
        /* Runs a text and prints the answer. */
        static embq_status answer(const char *text, size_t length)
        {
            const embq_status status =\(isTagger ? "\n        " : " ")\(running);
            if (status == EMBQ_OK) print_answer(\(isTagger ? "text" : ""));
            return status;
        }
        """
    }

    private var running: String {
        isTagger
            ? "embq_run_tags(&model, text, length, arena, sizeof arena, logits, 0, &tokens, NULL, &token_count)"
            : "embq_run_text(&model, text, length, arena, sizeof arena, logits)"
    }

    /// How a program with a watchdog runs a text: the lines of a comment.
    var steps: String {
        let begin =
            isTagger
            ? "embq_begin_tags(&model, text, length, arena, sizeof arena, logits, 0, &run)"
            : "embq_begin_text(&model, text, length, arena, sizeof arena, logits, &run)"
        let end = isTagger ? "\n *     tokens = embq_tags(&run, NULL, &token_count);" : ""
        return """
             * Firmware with a watchdog takes \(isTagger ? "embq_run_tags" : "embq_run_text") apart:
             *     embq_run run;
             *     status = \(begin);
             *     while (embq_step(&run)) feed_the_watchdog();\(end)
            """
    }

    // MARK: print_answer

    private func printing(_ names: ModelNames) -> String {
        switch self {
        case .label:
            """
            /* Prints the label of the largest logit. */
            static void print_answer(void)
            {
                print_text(embq_label(&model, embq_best(logits, \(names.macro("OUTPUTS")))));
            }

            """
        case .labels:
            """
            /* Prints all labels whose share is above one half: their logits are above 0. */
            static void print_answer(void)
            {
                const char *separator = "";
                for (uint32_t i = 0; i < \(names.macro("OUTPUTS")); i++) {
                    if (logits[i] <= 0) continue;
                    print_text(separator);
                    print_text(embq_label(&model, i));
                    separator = ",";
                }
            }

            """
        case .numbers:
            """
            \(Self.number)
            static void print_answer(void)
            {
                for (uint32_t i = 0; i < \(names.macro("OUTPUTS")); i++) {
                    if (i > 0) print_text(",");
                    print_number(logits[i]);
                }
            }

            """
        case .word:
            """
            /* Prints the likeliest word at the first [MASK]. The words' logits are behind the two of the next sentence; all
             * are 0 without a [MASK]. */
            static void print_answer(void)
            {
                const uint32_t best = 2 + embq_best(logits + 2, \(names.macro("OUTPUTS")) - 2);
                int is_masked = 0;
                for (uint32_t i = 2; i < \(names.macro("OUTPUTS")); i++) is_masked |= logits[i] != 0;
                print_text(is_masked ? embq_label(&model, best) : "no [MASK]");
            }

            """
        case .similarity(let function): Self.number + "\n" + function.functions(names)
        case .tags: Self.tagging
        }
    }

    /// Without floating point, and without a library's formats.
    private static let number = """
        /* Prints a number as logits have it, with four decimals. */
        static void print_number(int64_t number)
        {
            char digits[24];
            size_t at = sizeof digits;
            const uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
            uint64_t parts = (size * 10000 + (1u << (EMBQ_LOGIT_FRACTION_BITS - 1))) >> EMBQ_LOGIT_FRACTION_BITS;
            for (int i = 0; i < 5 || parts > 0; i++) {
                if (i == 4) digits[--at] = '.';
                digits[--at] = (char)('0' + parts % 10);
                parts /= 10;
            }
            if (number < 0) digits[--at] = '-';
            print(digits + at, sizeof digits - at);
        }

        """

    private static let tagging = """
        static const embq_token *tokens;
        static uint32_t token_count;

        static int is_letter(char c)
        {
            return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
        }

        /* Whether token i goes on with the word before it. */
        static int goes_on(const char *text, uint32_t i)
        {
            const uint32_t start = tokens[i].start;
            return i > 0 && start > 0 && tokens[i - 1].end == start && is_letter(text[start - 1]) && is_letter(text[start]);
        }

        static void print_span(const char *text, const char *label, uint32_t start, uint32_t end, int is_first)
        {
            if (!is_first) print_text(", ");
            print_text(label);
            print_text(" ");
            print(text + start, end - start);
        }

        /* Prints the labels of the text's tokens, then its spans: words with labels such as B-city and I-city. A word has
         * the label of its first token. */
        static void print_answer(const char *text)
        {
            const char *open = NULL; /* what the span that goes on is called */
            uint32_t start = 0, end = 0;
            int is_first = 1;
            for (uint32_t i = 0; i < token_count; i++) {
                if (i > 0) print_text(",");
                print_text(embq_label(&model, tokens[i].label));
            }
            print_text("\\t");
            for (uint32_t i = 0; i < token_count; i++) {
                const char *label = embq_label(&model, tokens[i].label);
                const char *name = label[0] != 0 && label[1] == '-' ? label + 2 : label;
                const int is_span = strcmp(label, "O") != 0;
                if (!goes_on(text, i)) {
                    if (open != NULL && (!is_span || label[0] == 'B' || strcmp(open, name) != 0)) {
                        print_span(text, open, start, end, is_first);
                        open = NULL;
                        is_first = 0;
                    }
                    if (is_span && open == NULL) {
                        open = name;
                        start = tokens[i].start;
                    }
                }
                end = tokens[i].end;
            }
            if (open != NULL) print_span(text, open, start, end, is_first);
        }

        """
}
