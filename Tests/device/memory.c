/* All that the runtime takes from a C library. Compiled with -fno-builtin, or a compiler could make each call itself. */
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
