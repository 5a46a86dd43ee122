import EmbqRuntime

/// How the examples print what a model answers: in C, indented as they are.
enum ExampleAnswer {
    /// The label of the largest logit.
    case label
    /// All labels whose logit is above 0, joined by commas.
    case labels
    /// The logits as numbers, joined by commas.
    case numbers

    init(_ task: DeviceModel.Task) {
        self =
            switch task {
            case .multiLabel: .labels
            case .number: .numbers
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

    /// The statement that prints the answer in `logits`.
    func printing(_ print: String) -> String {
        self == .label
            ? "\(print)(\"%s\\n\", embq_label(&model, embq_best(logits, EMBQ_MODEL_OUTPUTS)));"
            : "print_answer(&model, logits);"
    }

    /// The function that the examples for real-time systems call with a text.
    func classifying(_ print: String) -> String {
        let run = "const embq_status status = embq_run_text(&model, text, length, arena, sizeof arena, logits);"
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
                \(run)
                if (status == EMBQ_OK)
                    print_answer(&model, logits);
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
