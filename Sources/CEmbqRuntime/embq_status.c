/* SPDX-License-Identifier: Apache-2.0 */
#include "embq.h"

const char *embq_status_text(embq_status status)
{
#ifdef EMBQ_NO_STATUS_TEXT
    (void)status;
    return "";
#else
    static const char *const texts[] = {
        "done",
        "a pointer or a count is missing",
        "the blob or the arena is not aligned to 16 bytes",
        "the blob is shorter than its header says",
        "this is not an .embq artifact",
        "the artifact is of another format version",
        "a checksum or a recorded result does not hold: the bytes have changed",
        "sections are out of place, missing or twice",
        "the model's shapes or parameters do not fit together",
        "the tokenizer's tables do not fit together",
        "the arena is too small",
        "the sentence has no tokens or too many",
        "a token id lies outside the vocabulary",
        "a word is too long for the scratch memory",
        "this machine is big-endian",
        "the model needs an operation that this build leaves out",
    };
    const unsigned index = (unsigned)status;
    return index < sizeof texts / sizeof texts[0] ? texts[index] : "unknown status";
#endif
}
