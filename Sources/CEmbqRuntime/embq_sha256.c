/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 of a model's bytes, which firmware compares with a digest that it trusts.
 *
 * Source: FIPS 180-4, sections 4.1.2, 4.2.2, 5.1.1, 5.3.3 and 6.2. */
#include "embq_internal.h"

/* A message that is hashed byte by byte. */
typedef struct message {
    uint32_t hash[8];
    uint32_t words[16]; /* the block that is filled, from its first word on */
    uint64_t bytes;     /* taken so far */
} message;

static uint32_t rotated(uint32_t x, uint32_t bits) { return (x >> bits) | (x << (32u - bits)); }

/* Takes the 16 words of a full block, and leaves the schedule's last ones in their place. */
static void take_block(message *m)
{
    static const uint32_t constants[64] = {
        0x428A2F98u, 0x71374491u, 0xB5C0FBCFu, 0xE9B5DBA5u, 0x3956C25Bu, 0x59F111F1u, 0x923F82A4u, 0xAB1C5ED5u,
        0xD807AA98u, 0x12835B01u, 0x243185BEu, 0x550C7DC3u, 0x72BE5D74u, 0x80DEB1FEu, 0x9BDC06A7u, 0xC19BF174u,
        0xE49B69C1u, 0xEFBE4786u, 0x0FC19DC6u, 0x240CA1CCu, 0x2DE92C6Fu, 0x4A7484AAu, 0x5CB0A9DCu, 0x76F988DAu,
        0x983E5152u, 0xA831C66Du, 0xB00327C8u, 0xBF597FC7u, 0xC6E00BF3u, 0xD5A79147u, 0x06CA6351u, 0x14292967u,
        0x27B70A85u, 0x2E1B2138u, 0x4D2C6DFCu, 0x53380D13u, 0x650A7354u, 0x766A0ABBu, 0x81C2C92Eu, 0x92722C85u,
        0xA2BFE8A1u, 0xA81A664Bu, 0xC24B8B70u, 0xC76C51A3u, 0xD192E819u, 0xD6990624u, 0xF40E3585u, 0x106AA070u,
        0x19A4C116u, 0x1E376C08u, 0x2748774Cu, 0x34B0BCB5u, 0x391C0CB3u, 0x4ED8AA4Au, 0x5B9CCA4Fu, 0x682E6FF3u,
        0x748F82EEu, 0x78A5636Fu, 0x84C87814u, 0x8CC70208u, 0x90BEFFFAu, 0xA4506CEBu, 0xBEF9A3F7u, 0xC67178F2u,
    };
    uint32_t *w = m->words;
    uint32_t a = m->hash[0], b = m->hash[1], c = m->hash[2], d = m->hash[3];
    uint32_t e = m->hash[4], f = m->hash[5], g = m->hash[6], h = m->hash[7];
    for (uint32_t i = 0; i < 64u; i++) {
        if (i >= 16u) {
            const uint32_t far = w[(i + 1u) & 15u], near = w[(i + 14u) & 15u];
            w[i & 15u] += w[(i + 9u) & 15u] + (rotated(far, 7) ^ rotated(far, 18) ^ (far >> 3)) +
                          (rotated(near, 17) ^ rotated(near, 19) ^ (near >> 10));
        }
        const uint32_t first =
            h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + ((e & f) ^ (~e & g)) + constants[i] + w[i & 15u];
        const uint32_t second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    m->hash[0] += a;
    m->hash[1] += b;
    m->hash[2] += c;
    m->hash[3] += d;
    m->hash[4] += e;
    m->hash[5] += f;
    m->hash[6] += g;
    m->hash[7] += h;
}

static void add(message *m, uint8_t byte)
{
    const uint32_t at = (uint32_t)(m->bytes & 63u);
    m->words[at / 4u] = (m->words[at / 4u] << 8) | byte;
    m->bytes++;
    if (at == 63u) take_block(m);
}

embq_status embq_check_sha256(const embq_piece *pieces, uint32_t piece_count, const uint8_t *digest)
{
    static const uint32_t start[8] = {0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au,
                                      0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, 0x5BE0CD19u};
    message m;
    if (pieces == NULL || piece_count == 0 || digest == NULL) return EMBQ_ERROR_ARGUMENT;
    memset(&m, 0, sizeof m);
    memcpy(m.hash, start, sizeof m.hash);
    for (uint32_t i = 0; i < piece_count; i++) {
        const uint8_t *bytes = (const uint8_t *)pieces[i].bytes;
        if (bytes == NULL && pieces[i].size > 0) return EMBQ_ERROR_ARGUMENT;
        for (size_t k = 0; k < pieces[i].size; k++) add(&m, bytes[k]);
    }
    const uint64_t bits = m.bytes * 8u;
    add(&m, 0x80);
    while ((m.bytes & 63u) != 56u) add(&m, 0);
    for (uint32_t i = 0; i < 8u; i++) add(&m, (uint8_t)(bits >> (56u - 8u * i)));
    /* Every byte is compared, whichever differs. */
    uint32_t difference = 0;
    for (uint32_t i = 0; i < EMBQ_SHA256_SIZE; i++)
        difference |= ((m.hash[i / 4u] >> (24u - 8u * (i & 3u))) & 255u) ^ digest[i];
    return difference == 0 ? EMBQ_OK : EMBQ_ERROR_CHECKSUM;
}
