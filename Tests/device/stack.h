/* How much stack a call uses: the rest is painted before. */
#ifndef EMBQ_STACK_H
#define EMBQ_STACK_H

#include <stdint.h>

enum { PAINT = 0xA5 };

/* Fills the unused stack. Inlined, so that the stack pointer is the caller's. */
static inline __attribute__((always_inline)) uint8_t *paint_stack(uint8_t *limit)
{
    uint8_t *top;
#if defined(__riscv)
    __asm__ volatile("mv %0, sp" : "=r"(top));
#else
    __asm__ volatile("mov %0, sp" : "=r"(top));
#endif
    for (volatile uint8_t *at = limit; at < top; at++) *at = PAINT;
    return top;
}

/* Bytes that were used below `top` since it was painted. */
static uint32_t used_stack(const uint8_t *limit, const uint8_t *top)
{
    while (limit < top && *(const volatile uint8_t *)limit == PAINT) limit++;
    return (uint32_t)(top - limit);
}

#endif
