/* SPDX-License-Identifier: Apache-2.0 */
/* A text through the pipeline, and where each id comes from: embq_pipeline.c once more. Linked
 * where it is asked for. */
#define EMBQ_SPANS 1
#include "embq_pipeline.c"
