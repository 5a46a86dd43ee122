/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of the device's arithmetic and of its format. embq_open refuses an artifact beyond them; the converter, in
 * Swift, reads them from here and refuses a checkpoint beyond them by the key of its config.json. The page
 * Schemas/embq-format.md has a table of them. Each is a number alone: Swift imports no more than that. */
#ifndef EMBQ_LIMITS_H
#define EMBQ_LIMITS_H

/* Numbers. What a row, a bias or a state holds is clipped to, or checked against, these. */
#define EMBQ_ROW_LIMIT 0x3FFFFFF    /* |x| <= 2^26 - 1 in 32-bit rows */
#define EMBQ_STATE_LIMIT 0x3FFFFFFF /* |h| <= 2^30 - 1 in a scan's state */
#define EMBQ_MAX_BIAS 0x40000000    /* |bias| <= 2^30, so that a biased accumulator fits int32 */

/* Shapes, so that every intermediate stays below its type's range. */
#define EMBQ_MAX_WIDTH 1024u /* D * 2^52 (sum of squares) stays below 2^63 */
#define EMBQ_MAX_INNER 4096u /* K * 127 * 127 stays below 2^26 */
#define EMBQ_MAX_KERNEL 1024u
/* N * 2^30 * 2^15, less 12 bits, times a multiplier of 20 bits: 2^62 with 2^9 states. */
#define EMBQ_MAX_STATES 512u
/* Positions. A sum over all of them has room in 64 bits (embq_pool.c), and a softmax's weights in 32. */
#define EMBQ_MAX_LENGTH 16384u
/* Up to here POOL keeps every bit: 2^12 squares of 2^52 fit 64 bits, 2^12 rows of 2^26 leave 24 bits for a factor. */
#define EMBQ_POOLED_WHOLE 4096u

/* Counts. */
#define EMBQ_MAX_VOCABULARY 65535u /* ids are uint16 */
#define EMBQ_MAX_OUTPUTS 65537u    /* a word for each id, and two for the next sentence */
#define EMBQ_MAX_SECTIONS 32u
#define EMBQ_MAX_REGISTERS 64u /* embq_checker.defined has a bit for each */
#define EMBQ_MAX_STORES 512u
#define EMBQ_MAX_RESHAPED 16u /* stores that hold rows of another shape than their own */
#define EMBQ_MAX_PASSES 256u
#define EMBQ_WINDOW_ROWS 8u  /* packed rows that a convolution unpacks at a time */
#define EMBQ_MAX_SHARING 4u  /* times that all arrays of a section may be named, in the mean */
#define EMBQ_MAX_LAYERS 127u /* of a model: two passes each, and those of the head, at most EMBQ_MAX_PASSES */

#endif
