/* SPDX-License-Identifier: Apache-2.0 */
/* A text that embq_tokenizer.c reads, and where its symbols and ids come from: for those who ask (embq_spans.c), and
 * nothing for the others. */
#ifndef EMBQ_READING_H
#define EMBQ_READING_H

#include "embq_splitter.h"

/* embq_spans.c compiles embq_tokenizer.c again, with 1: then it follows where each id comes from. */
#ifndef EMBQ_SPANS
#define EMBQ_SPANS 0
#endif

typedef struct run {
    const embq_tokenizer *t;
    uint16_t *ids;
    size_t seen;     /* ids of the text so far */
    uint32_t passed; /* with those that are left out; counted only where some are */
    size_t room;     /* ids that are kept: the first of them, or the last */
    int keeps_last;
    int counts; /* the text is read to its end */
    embq_symbol *word;
    size_t length;   /* symbols collected */
    size_t capacity; /* of `word` */
    size_t longest;  /* a longer word is unknown as a whole */
    int too_long;
    size_t marks; /* first symbol that a mark may be sorted in front of */
    uint32_t word_class;
    embq_status status;
#if EMBQ_SPANS
    embq_span *spans;    /* of the word's symbols */
    embq_token *tokens;  /* of the ids */
    const uint8_t *text; /* its first byte */
    const uint8_t *from; /* the character, or the token, that is read */
    const uint8_t *to;   /* its end */
#endif
} run;

#if EMBQ_SPANS
/* What is read goes from here to there. */
static void follow(run *r, const uint8_t *from, const uint8_t *to)
{
    r->from = from;
    r->to = to;
}

/* It is where a symbol comes from, or goes on there. */
static void note(run *r, size_t at, int goes_on)
{
    if (!goes_on) r->spans[at].start = (uint32_t)(r->from - r->text);
    r->spans[at].end = (uint32_t)(r->to - r->text);
}

/* A token that is found as it is. */
static void note_token(run *r, const uint8_t *from, const uint8_t *to)
{
    follow(r, from, to);
    note(r, 0, 0);
}

/* The id that is put comes from where a symbol does. */
static void note_id(const run *r, size_t symbol)
{
    size_t place = r->seen;
    if (place >= r->room) {
        if (!r->keeps_last || r->room == 0) return;
        place %= r->room;
    }
    r->tokens[place] = (embq_token){r->spans[symbol].start, r->spans[symbol].end, 0};
}

static size_t split_word(run *r)
{
    return r->t->kind == EMBQ_TOKENIZER_WORDPIECE ? embq_split_wordpiece_spans(r->t, r->word, r->length, r->spans)
                                                  : embq_split_bpe_spans(r->t, r->word, r->length, r->spans);
}

static void begin_text(run *r, const uint8_t *start) { r->text = start; }

/* Scratch for spans too: one at least, for tokens that are found as they are. Offsets have 32 bits. */
static int begin_spans(run *r, embq_token *tokens, uint32_t capacity, size_t *length)
{
    uint32_t i;
#if SIZE_MAX > UINT32_MAX
    if (*length > UINT32_MAX) *length = UINT32_MAX;
#else
    (void)length;
#endif
    r->capacity = r->capacity * sizeof(embq_symbol) / EMBQ_TOKENIZER_SPAN_SIZE;
    r->spans = (embq_span *)(void *)(r->word + r->capacity);
    for (i = 0; i < capacity; i++) tokens[i] = (embq_token){0, 0, 0};
    r->tokens = tokens + (r->t->prefix_count < capacity ? r->t->prefix_count : capacity);
    return r->capacity > 0;
}

/* As the ids are turned, when the last ones are kept. */
static void rotate_tokens(run *r)
{
    const size_t room = r->room, first = room > 0 ? r->seen % room : 0;
    size_t part;
    if (!r->keeps_last || r->seen <= room || room == 0) return;
    for (part = 0; part < 3; part++) { /* both parts reversed, then the whole */
        size_t low = part == 1 ? first : 0, high = part == 0 ? first : room;
        for (; low + 1 < high; low++) {
            embq_token token = r->tokens[low];
            r->tokens[low] = r->tokens[--high];
            r->tokens[high] = token;
        }
    }
}
#else
/* Nobody asks. */
static void follow(run *r, const uint8_t *from, const uint8_t *to)
{
    (void)r;
    (void)from;
    (void)to;
}

static void note(run *r, size_t at, int goes_on)
{
    (void)r;
    (void)at;
    (void)goes_on;
}

static void note_token(run *r, const uint8_t *from, const uint8_t *to) { follow(r, from, to); }

static void note_id(const run *r, size_t symbol)
{
    (void)r;
    (void)symbol;
}

static size_t split_word(run *r) { return r->t->splitter->split(r->t, r->word, r->length); }

static void begin_text(run *r, const uint8_t *start) { follow(r, start, start); }

static void rotate_tokens(run *r) { (void)r; }
#endif

#endif
