/* SPDX-License-Identifier: Apache-2.0 */
/* The window of a pipeline: normalizes a text into it, and finds the tokens of normalized text. */
#ifndef EMBQ_WINDOW_H
#define EMBQ_WINDOW_H

#include "embq_added.h"
#include "embq_flow.h"

enum {
    CHUNK = 512, /* bytes that the window is filled up with at a time */

    /* Of special_flags and folded_flags. */
    LEFT_STRIP = 2,
    RIGHT_STRIP = 4
};

/* ---- Normalizing ---- */

static void begin_segment(flow *f, const uint8_t *at, const uint8_t *end, int is_start)
{
    uint32_t i, k;
    f->at = at;
    f->end = end;
    f->ended = 0;
    for (i = 0; i < f->stage_count; i++) {
        embq_stage *stage = f->stages + i;
        stage->at = stage->own;
        stage->end = stage->own;
        for (k = 0; k < stage->step->state_words + source_words(stage->step); k++) stage->state[k] = 0;
    }
    f->length = HEADROOM;
    f->word = HEADROOM;
    f->segment = HEADROOM;
    f->search = HEADROOM;
    f->token = f->t->folded_count;
    f->token_end = 0;
    f->is_finished = 0;
    f->is_start = is_start;
    for (i = 0; i < f->splitter_count; i++) f->ends[i] = HEADROOM;
}

/* Moves whole characters that the last stage has given, or those of raw text if there is no stage, into the window. */
static void take_bytes(flow *f, uint32_t limit)
{
    if (f->stage_count > 0) {
        embq_stage *last = f->stages + f->stage_count - 1;
        while (last->at != last->end && f->length + 4 <= limit) {
            do {
                note_byte(f, f->length, source_of(last));
                f->window[f->length++] = *last->at++;
            } while (last->at != last->end && (*last->at & 0xC0) == 0x80);
            next_source(last);
        }
    } else {
        while (f->at != f->end && f->length + 4 <= limit) {
            const uint8_t *from = f->at;
            uint32_t i;
            for (i = 0; i < 4; i++) note_byte(f, f->length + i, place_of(f, from));
            if (*from < 0x80) {
                f->window[f->length++] = *from;
                f->at++;
            } else if (embq_decode(&f->at, f->end) != 0xFFFD) {
                while (from != f->at) f->window[f->length++] = *from++;
            } else {
                f->window[f->length++] = 0xEF;
                f->window[f->length++] = 0xBF;
                f->window[f->length++] = 0xBD;
            }
        }
        if (f->at == f->end) f->is_finished = 1;
    }
}

/* Fills the window up to `limit`. */
static embq_status fill(flow *f, uint32_t limit)
{
    uint32_t i;
    if (f->stage_count == 0) {
        take_bytes(f, limit);
        return EMBQ_OK;
    }
    while (f->length + 4 <= limit && !f->is_finished) {
        uint32_t level = f->stage_count, code;
        const uint8_t *next;
        while (level > 0 && f->stages[level - 1].at == f->stages[level - 1].end) level--;
        if (level == f->stage_count) {
            take_bytes(f, limit);
        } else if (level > 0) {
            next = f->stages[level - 1].at;
            code = *next < 0x80 ? *next++ : embq_decode(&next, f->stages[level - 1].end);
            f->stages[level].source = source_of(f->stages + level - 1);
            if (f->stages[level].step->feed(f->stages + level, code)) {
                f->stages[level - 1].at = next;
                next_source(f->stages + level - 1);
            }
        } else if (f->at != f->end) {
            next = f->at;
            code = embq_decode(&next, f->end);
            f->stages[0].source = place_of(f, f->at);
            if (f->stages[0].step->feed(f->stages, code)) f->at = next;
        } else if (f->ended < f->stage_count) {
            if (f->stages[f->ended].step->feed(f->stages + f->ended, EMBQ_TEXT_END)) f->ended++;
        } else {
            f->is_finished = 1;
        }
    }
    for (i = 0; i < f->stage_count; i++) {
        if (f->stages[i].failed) return EMBQ_ERROR_WORD;
    }
    return EMBQ_OK;
}

/* Gets more text behind the window's. What is before the word makes room. */
static embq_status fill_more(flow *f)
{
    const uint32_t kept = f->length - f->word;
    uint32_t more = kept > CHUNK ? kept : CHUNK, i, limit;
    if (f->capacity - f->length < more && f->word > HEADROOM) {
        const uint32_t by = f->word - HEADROOM;
        for (i = 0; i < HEADROOM + kept; i++) {
            f->window[i] = f->window[i + by];
            move_byte(f, i, i + by);
        }
        f->word -= by;
        f->length -= by;
        f->segment -= by;
        f->token_end -= by;
        f->search -= by;
        for (i = 0; i < f->splitter_count; i++) f->ends[i] = f->ends[i] > by ? f->ends[i] - by : 0;
    }
    if (f->capacity - f->length < 4) return EMBQ_ERROR_WORD;
    limit = f->capacity - f->length < more ? f->capacity : f->length + more;
    return fill(f, limit);
}

/* ---- Tokens of normalized text ---- */

static int is_space(const flow *f, uint32_t code)
{
    return f->classes != NULL && (embq_classes_of(f->classes, code) & f->t->steps[7]) != 0;
}

static int is_word_at(const embq_tokenizer *t, const uint8_t *at, const uint8_t *end)
{
    return at != end && (t->range_kinds[embq_range_of(t, embq_decode(&at, end))] & EMBQ_WORD) != 0;
}

/* Where the code point before `at` begins. */
static const uint8_t *before(const uint8_t *start, const uint8_t *at)
{
    const uint8_t *first = at - 1;
    while (first > start && at - first < 4 && (*first & 0xC0) == 0x80) first--;
    return first;
}

/* Cuts space off a text's end. */
static const uint8_t *without_space(const flow *f, const uint8_t *start, const uint8_t *end)
{
    while (end > start) {
        const uint8_t *first = before(start, end), *next = first;
        if (!is_space(f, embq_decode(&next, end))) break;
        end = first;
    }
    return end;
}

static const uint8_t *past_space(const flow *f, const uint8_t *at, const uint8_t *end)
{
    while (at != end) {
        const uint8_t *next = at;
        if (!is_space(f, embq_decode(&next, end))) break;
        at = next;
    }
    return at;
}

/* The token of normalized text at `at`: their texts are `folded`, a byte a number. */
static uint32_t folded_at(const flow *f, const uint8_t *at, const uint8_t *end, uint32_t *size)
{
    const embq_tokenizer *t = f->t;
    const uint16_t *text = t->folded;
    uint32_t i, k;
    for (i = 0; i < t->folded_count; i++) {
        *size = t->folded_lengths[i];
        for (k = 0; k < *size && at + k != end && at[k] == text[k]; k++) {}
        if (k == *size) return i;
        text += *size;
    }
    return i;
}

/* Finds the next token of normalized text, from the end of the last one on. */
static embq_status find_token(flow *f)
{
    const embq_tokenizer *t = f->t;
    uint32_t at, size = 0;
    const uint8_t *start, *end, *stop;
    f->token = t->folded_count;
    if (t->folded_count == 0) {
        f->segment = f->length;
        return EMBQ_OK;
    }
    /* The whole segment must be there: a token takes the space around it. */
    while (!f->is_finished) {
        const embq_status status = fill_more(f);
        if (status != EMBQ_OK) return status;
    }
    start = f->window + f->segment;
    end = f->window + f->length;
    for (at = f->search; at < f->length; at++) {
        const uint32_t found = folded_at(f, f->window + at, end, &size);
        if (found == t->folded_count) continue;
        stop = f->window + at + size;
        if ((t->folded_flags[found] & 1) != 0) {
            const uint8_t *first = f->window + at;
            /* What is before the last token has been overwritten, but then the token itself is there. */
            if ((at > HEADROOM && is_word_at(t, before(f->window + HEADROOM, first), first)) ||
                is_word_at(t, stop, end)) {
                at += size - 1;
                continue;
            }
        }
        f->token = found;
        f->search = at + size;
        if (at > f->segment) f->segment = at;
        if ((t->folded_flags[found] & LEFT_STRIP) != 0 && at > (uint32_t)(start - f->window))
            f->segment = (uint32_t)(without_space(f, start, f->window + at) - f->window);
        if ((t->folded_flags[found] & RIGHT_STRIP) != 0) stop = past_space(f, stop, end);
        f->token_end = (uint32_t)(stop - f->window);
        return EMBQ_OK;
    }
    f->segment = f->length;
    return EMBQ_OK;
}

#endif
