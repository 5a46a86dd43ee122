#ifndef EMBQ_CHECKSUMS_H
#define EMBQ_CHECKSUMS_H

#include <stddef.h>
#include <stdint.h>

/* Continues a CRC-32 (reflected polynomial 0xEDB88320, without the inversions at its ends) over the first bytes of
 * `bytes`: as many as the processor's carry-less multiplication takes, which may be none. Returns how many. */
size_t embq_crc32_fold(uint32_t *crc, const uint8_t *bytes, size_t count);

#endif
