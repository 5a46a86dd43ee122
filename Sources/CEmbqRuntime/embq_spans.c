/* SPDX-License-Identifier: Apache-2.0 */
/* Text to token ids, and where in the text each comes from: embq_tokenizer.c once more. Linked where it is asked
 * for. */
#define EMBQ_SPANS 1
#include "embq_tokenizer.c"
