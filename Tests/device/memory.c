/* All that the runtime takes from a C library. Compiled with -fno-builtin: a compiler could make each call itself. */
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    while (size-- > 0) *out++ = *in++;
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *out = to;
    while (size-- > 0) *out++ = (unsigned char)byte;
    return to;
}

/* The names that clang and Swift call them by on Arm's bare machines (Run-time ABI for the Arm Architecture, 4.3.4). */
#if defined(__ARM_EABI__)
void __aeabi_memcpy(void *to, const void *from, size_t size);
void __aeabi_memcpy4(void *to, const void *from, size_t size);
void __aeabi_memcpy8(void *to, const void *from, size_t size);
void __aeabi_memclr(void *to, size_t size);
void __aeabi_memclr4(void *to, size_t size);
void __aeabi_memclr8(void *to, size_t size);

void __aeabi_memcpy(void *to, const void *from, size_t size) { (void)memcpy(to, from, size); }
void __aeabi_memcpy4(void *to, const void *from, size_t size) { (void)memcpy(to, from, size); }
void __aeabi_memcpy8(void *to, const void *from, size_t size) { (void)memcpy(to, from, size); }
void __aeabi_memclr(void *to, size_t size) { (void)memset(to, 0, size); }
void __aeabi_memclr4(void *to, size_t size) { (void)memset(to, 0, size); }
void __aeabi_memclr8(void *to, size_t size) { (void)memset(to, 0, size); }
#endif
