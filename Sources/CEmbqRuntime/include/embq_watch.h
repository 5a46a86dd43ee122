/* SPDX-License-Identifier: Apache-2.0 */
/* For tools on the host: a run that copies rows out of the program's registers, and what instructions the kernels take.
 * Firmware has no need of it, and exported sources leave it out. It exists where EMBQ_HOST_WATCH is defined. */
#ifndef EMBQ_WATCH_H
#define EMBQ_WATCH_H

#include "embq.h"

/* A register to look at each time that an operation has run. */
typedef struct embq_watch {
    uint32_t pass, operation; /* in the program's order, counted from 0 */
    uint32_t index;           /* of the register */
    int32_t *rows;            /* int32 [capacity, width of the register], the caller's: one row a position */
    uint32_t capacity;
    uint32_t first;     /* out: the position of the first row */
    uint32_t count;     /* out: rows written; more positions than `capacity` are not looked at */
    const void *record; /* the run's own */
} embq_watch;

/* The width of a register; 0: there is none of that index. */
uint32_t embq_register_width(const embq_model *model, uint32_t index);

/* As embq_run_tokens, or as embq_run_pair_tokens if `texts` is not null, with the same operations on the same memory,
 * and so the same logits. EMBQ_ERROR_ARGUMENT also for a watch whose operation or register the program does not have.
 */
embq_status embq_run_watched(const embq_model *model, const uint16_t *ids, uint32_t count, const embq_texts *texts,
                             void *arena, size_t arena_size, int32_t *logits, embq_watch *watches,
                             uint32_t watch_count);

/* The instructions that the kernels take on this processor: 0 those of every one; with EMBQ_HOST_SIMD on x86-64 also 1
 * AVX2, 2 AVX-VNNI, 3 VNNI through AVX-512. */
int embq_host_level(void);

#endif
