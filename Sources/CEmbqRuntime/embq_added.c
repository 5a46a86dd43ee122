/* SPDX-License-Identifier: Apache-2.0 */
/* Finds added tokens in raw text, and reads its characters. */
#include "embq_added.h"
#include "embq_extension.h"

/* ---- Characters ---- */

uint32_t embq_range_of(const embq_tokenizer *t, uint32_t code)
{
    const uint16_t *plane = t->planes + (code >> 16);
    return embq_find(t->range_starts, plane[0], plane[1], code & 0xFFFF);
}

uint32_t embq_decode(const uint8_t **at, const uint8_t *end)
{
    const uint8_t *next = *at;
    uint32_t code = *next++;
    if (code >= 0x80) {
        uint32_t low = 0x80, high = 0xBF, more = 0;
        if (code >= 0xC2 && code <= 0xDF) {
            more = 1;
            code &= 0x1F;
        } else if (code >= 0xE0 && code <= 0xEF) {
            more = 2;
            if (code == 0xE0) low = 0xA0;  /* shorter forms exist */
            if (code == 0xED) high = 0x9F; /* surrogates */
            code &= 0x0F;
        } else if (code >= 0xF0 && code <= 0xF4) {
            more = 3;
            if (code == 0xF0) low = 0x90;
            if (code == 0xF4) high = 0x8F; /* above U+10FFFF */
            code &= 0x07;
        } else {
            code = 0xFFFD;
        }
        for (; more > 0; more--) {
            if (next == end || *next < low || *next > high) {
                code = 0xFFFD;
                break;
            }
            code = code << 6 | (uint32_t)(*next++ & 0x3F);
            low = 0x80;
            high = 0xBF;
        }
    }
    *at = next;
    return code;
}

/* ---- Tokens ---- */

/* The longest raw token that begins at `at`. */
static uint32_t match_special(const embq_tokenizer *t, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *text = t->special_text;
    size_t left = (size_t)(end - at);
    uint32_t i;
    for (i = 0; i < t->special_count; i++) {
        uint32_t length = t->special_lengths[i], k = 0;
        if (length <= left) {
            while (k < length && text[k] == at[k]) k++;
            if (k == length) break;
        }
        text += length;
    }
    return i;
}

uint32_t embq_find_special(const embq_tokenizer *t, const uint8_t *start, const uint8_t *at, const uint8_t *end,
                           const uint8_t **next)
{
    const uint32_t found = match_special(t, at, end);
    if (found == t->special_count) return found;
    *next = at + t->special_lengths[found];
    if (t->special_flags != NULL && (t->special_flags[found] & 1) != 0 &&
        t->extension->is_part_of_word(t, start, at, *next, end))
        return t->special_count;
    return found;
}
