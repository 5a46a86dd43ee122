import EmbqRuntime

/// How the examples print what a model answers: in C, indented as they are.
enum ExampleAnswer {
    /// The label of the largest logit.
    case label
    /// All labels whose logit is above 0, joined by commas.
    case labels
    /// The logits as numbers, joined by commas.
    case numbers
    /// The labels of a text's tokens, joined by commas.
    case tags

    init(_ task: DeviceModel.Task) {
        self =
            switch task {
            case .multiLabel: .labels
            case .number: .numbers
            case .tags: .tags
            case .labels, .embedding, .pretraining: .label
            }
    }

    /// A function that prints an answer; nothing for a label, which is printed where it is found.
    func function(_ print: String) -> String {
        switch self {
        case .label: ""
        case .labels:
            """
            /* Prints all labels whose share is above one half: their logits are above 0. */
            static void print_answer(const embq_model *model, const int32_t *logits)
            {
                const char *separator = "";
                for (uint32_t i = 0; i < EMBQ_MODEL_OUTPUTS; i++) {
                    if (logits[i] <= 0) continue;
                    \(print)("%s%s", separator, embq_label(model, i));
                    separator = ",";
                }
                \(print)("\\n");
            }


            """
        case .tags:
            """
            /* Prints the labels of a text's tokens. Token i is text[tokens[i].start] ... text[tokens[i].end - 1]. */
            static void print_answer(const embq_model *model, const embq_token *tokens, uint32_t count)
            {
                for (uint32_t i = 0; i < count; i++)
                    \(print)("%s%s", i > 0 ? "," : "", embq_label(model, tokens[i].label));
                \(print)("\\n");
            }


            """
        case .numbers:
            """
            /* Prints the numbers with four decimals, without floating point. */
            static void print_answer(const embq_model *model, const int32_t *logits)
            {
                (void)model;
                for (uint32_t i = 0; i < EMBQ_MODEL_OUTPUTS; i++) {
                    const uint64_t size = logits[i] < 0 ? 0 - (uint64_t)logits[i] : (uint64_t)logits[i];
                    const unsigned long parts = (unsigned long)((size * 10000 + (1u << (EMBQ_LOGIT_FRACTION_BITS - 1))) >>
                                                                EMBQ_LOGIT_FRACTION_BITS);
                    \(print)("%s%s%lu.%04lu", i > 0 ? "," : "", logits[i] < 0 ? "-" : "", parts / 10000, parts % 10000);
                }
                \(print)("\\n");
            }


            """
        }
    }

    /// The variables besides `logits` that a run needs, each a line with this indentation.
    func variables(indentation: String) -> String {
        self == .tags ? "\(indentation)const embq_token *tokens = NULL;\n\(indentation)uint32_t count = 0;\n" : ""
    }

    /// The call that runs a text, and what it begins step by step with.
    func running(_ text: String, _ length: String) -> String {
        self == .tags
            ? "embq_run_tags(&model, \(text), \(length), arena, sizeof arena, logits, 0, &tokens, NULL, &count)"
            : "embq_run_text(&model, \(text), \(length), arena, sizeof arena, logits)"
    }

    var beginning: String {
        self == .tags
            ? "embq_begin_tags(&model, text, length, arena, sizeof arena, logits, 0, &run)"
            : "embq_begin_text(&model, text, length, arena, sizeof arena, logits, &run)"
    }

    /// What is behind the last step.
    var ending: String { self == .tags ? "\n *     tokens = embq_tags(&run, NULL, &count);" : "" }

    /// The statement that prints the answer in `logits`, or in `tokens`.
    func printing(_ print: String) -> String {
        switch self {
        case .label: "\(print)(\"%s\\n\", embq_label(&model, embq_best(logits, EMBQ_MODEL_OUTPUTS)));"
        case .labels, .numbers: "print_answer(&model, logits);"
        case .tags: "print_answer(&model, tokens, count);"
        }
    }

    /// The function that the examples for real-time systems call with a text.
    func classifying(_ print: String) -> String {
        let run = "const embq_status status = \(running("text", "length"));"
        guard self != .label else {
            return """
                static const char *classify(const char *text, size_t length)
                {
                    \(run)
                    return status == EMBQ_OK ? embq_label(&model, embq_best(logits, EMBQ_MODEL_OUTPUTS)) : embq_status_text(status);
                }
                """
        }
        return """
            \(function(print))static void answer(const char *text, size_t length)
            {
            \(variables(indentation: "    "))    \(run)
                if (status == EMBQ_OK)
                    \(printing(print))
                else
                    \(print)("%s\\n", embq_status_text(status));
            }
            """
    }

    /// The statement that calls it and prints.
    func answering(_ print: String, _ arguments: String) -> String {
        self == .label ? "\(print)(\"%s\\n\", classify(\(arguments)));" : "answer(\(arguments));"
    }

    /// The statements of an Arduino sketch that print the answer in `logits`, or the status in `answer`.
    var arduino: String {
        switch self {
        case .label:
            """
              Serial.println(answer == EMBQ_OK ? embq_label(&model, embq_best(logits, EMBQ_MODEL_OUTPUTS))
                                               : embq_status_text(answer));
            """
        case .labels:
            """
              if (answer != EMBQ_OK) Serial.print(embq_status_text(answer));
              // All labels whose share is above one half: their logits are above 0.
              const char *separator = "";
              for (uint32_t i = 0; answer == EMBQ_OK && i < EMBQ_MODEL_OUTPUTS; i++) {
                if (logits[i] <= 0) continue;
                Serial.print(separator);
                Serial.print(embq_label(&model, i));
                separator = ",";
              }
              Serial.println();
            """
        case .tags:
            """
              if (answer != EMBQ_OK) Serial.print(embq_status_text(answer));
              // Token i is line[tokens[i].start] ... line[tokens[i].end - 1].
              for (uint32_t i = 0; answer == EMBQ_OK && i < count; i++) {
                if (i > 0) Serial.print(",");
                Serial.print(embq_label(&model, tokens[i].label));
              }
              Serial.println();
            """
        case .numbers:
            """
              if (answer != EMBQ_OK) Serial.print(embq_status_text(answer));
              for (uint32_t i = 0; answer == EMBQ_OK && i < EMBQ_MODEL_OUTPUTS; i++) {
                if (i > 0) Serial.print(",");
                Serial.print(logits[i] / (1 << EMBQ_LOGIT_FRACTION_BITS) + logits[i] % (1 << EMBQ_LOGIT_FRACTION_BITS) /
                                 static_cast<float>(1 << EMBQ_LOGIT_FRACTION_BITS), 4);
              }
              Serial.println();
            """
        }
    }
}
