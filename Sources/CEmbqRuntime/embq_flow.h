/* SPDX-License-Identifier: Apache-2.0 */
/* A text on its way through the pipeline, its memory, and where its symbols come from: for those who ask
 * (embq_pipeline_spans.c), and nothing for the others. */
#ifndef EMBQ_FLOW_H
#define EMBQ_FLOW_H

#include "embq_internal.h"
#include "embq_merges.h"
#include "embq_pipeline.h"
#include "embq_splitter.h"

/* embq_pipeline_spans.c compiles embq_pipeline.c again, with 1: then it follows where each id comes from. */
#ifndef EMBQ_SPANS
#define EMBQ_SPANS 0
#endif

enum {
    HEADROOM = 4, /* bytes before the window's text, where a space may be put */
    LEAST_WINDOW = 64
};

/* A text on its way; it lies at the beginning of the scratch. */
typedef struct flow {
    const embq_tokenizer *t;
    const uint8_t *at, *end; /* raw text of the segment that is not yet normalized */
    const uint16_t *splitters[EMBQ_MAX_SPLITTERS];
    const uint16_t *classes, *whole;
    uint32_t stage_count, splitter_count, ended;
    uint32_t ends[EMBQ_MAX_SPLITTERS];    /* of the splitters' pieces around the word */
    uint8_t is_fresh[EMBQ_MAX_SPLITTERS]; /* a space may still be put before the splitter's piece */
    uint32_t places[2 * EMBQ_MAX_ITEMS];  /* for the splitters */
    uint8_t first_bytes[32];              /* of special tokens: a bit for each byte */
    uint8_t *window;
    uint32_t capacity, length, word; /* of the window; where the word begins */
    uint32_t segment;                /* end of the text up to a token of normalized text, or of the window */
    uint32_t token_end, token;       /* that token, folded_count: none */
    uint32_t search;                 /* where the next token is looked for: space that this one takes may be another */
    int is_finished;                 /* the window has all that there is of the segment */
    int is_start;                    /* the word begins where the text does */
    embq_symbol *symbols;
    uint32_t symbol_count;
    void *reading;
    int is_full;
    embq_stage stages[EMBQ_MAX_STEPS];
#if EMBQ_SPANS
    const uint8_t *text, *text_end;
    uint32_t *sources; /* of the window's bytes: where their character begins in the text */
    embq_span *spans;  /* of the symbols, in the window */
    int has_put;       /* an id has been put */
#endif
} flow;

/* ---- Where ids come from ---- */

#if EMBQ_SPANS
/* A byte of the window, and a symbol, with where it comes from. */
enum { BYTE_SIZE = 5, SYMBOL_SIZE = EMBQ_TOKENIZER_SPAN_SIZE };

static uint32_t source_words(const embq_text_step *step) { return step->source_words; }

static void follow_stage(embq_stage *stage) { stage->sources = stage->state + stage->step->state_words; }

/* Of the code point that `stage` gives next. */
static uint32_t source_of(const embq_stage *stage) { return *stage->from; }

static void next_source(embq_stage *stage)
{
    if (stage->from_count > 1) {
        stage->from++;
        stage->from_count--;
    }
}

static void note_byte(flow *f, uint32_t at, uint32_t source) { f->sources[at] = source; }

static void move_byte(flow *f, uint32_t to, uint32_t from) { f->sources[to] = f->sources[from]; }

static uint32_t place_of(const flow *f, const uint8_t *at) { return (uint32_t)(at - f->text); }

static void note_symbol(flow *f, uint32_t symbol, const uint8_t *from, const uint8_t *to)
{
    f->spans[symbol] = (embq_span){(uint32_t)(from - f->window), (uint32_t)(to - f->window)};
}

/* The whole word is one token. */
static void join_symbols(flow *f, uint32_t count) { f->spans[0].end = f->spans[count - 1].end; }

static size_t split_word(flow *f, uint32_t count)
{
    const embq_tokenizer *t = f->t;
    switch (t->kind) {
    case EMBQ_TOKENIZER_WORDPIECE: return embq_split_wordpiece_spans(t, f->symbols, count, f->spans);
    case EMBQ_TOKENIZER_UNIGRAM: return embq_split_unigram_spans(t, f->symbols, count, f->spans);
    default: return embq_split_merges_spans(t, f->symbols, count, f->spans);
    }
}
#else
enum { BYTE_SIZE = 1, SYMBOL_SIZE = EMBQ_TOKENIZER_SYMBOL_SIZE };

static uint32_t source_words(const embq_text_step *step)
{
    (void)step;
    return 0;
}

static void follow_stage(embq_stage *stage) { (void)stage; }

static uint32_t source_of(const embq_stage *stage)
{
    (void)stage;
    return 0;
}

static void next_source(embq_stage *stage) { (void)stage; }

static void note_byte(flow *f, uint32_t at, uint32_t source)
{
    (void)f;
    (void)at;
    (void)source;
}

static void move_byte(flow *f, uint32_t to, uint32_t from)
{
    (void)f;
    (void)to;
    (void)from;
}

static uint32_t place_of(const flow *f, const uint8_t *at)
{
    (void)f;
    (void)at;
    return 0;
}

static void note_symbol(flow *f, uint32_t symbol, const uint8_t *from, const uint8_t *to)
{
    (void)f;
    (void)symbol;
    (void)from;
    (void)to;
}

static void join_symbols(flow *f, uint32_t count)
{
    (void)f;
    (void)count;
}

static size_t split_word(flow *f, uint32_t count) { return f->t->splitter->split(f->t, f->symbols, count); }
#endif

/* ---- Memory ---- */

static size_t round_up(size_t size) { return (size + 7u) & ~(size_t)7u; }

/* Bytes of the flow and its steps' states; points the stages at them if there is a flow. */
static size_t state_size(const embq_tokenizer *t, flow *f)
{
    const uint16_t *record = t->steps + EMBQ_PIPELINE_HEADER;
    size_t size = round_up(sizeof(flow));
    uint32_t i;
    if ((t->steps[2] & EMBQ_HAS_BYTES) != 0) record += 256;
    if (f != NULL && t->steps[6] != 0) f->classes = record;
    record += t->steps[6];
    for (i = 0; i < t->steps[4]; i++) {
        const embq_text_step *step = t->step_kinds[record[0]];
        if (f != NULL) {
            f->stages[i].step = step;
            f->stages[i].data = record + 3;
            f->stages[i].classes = f->classes;
            f->stages[i].state = (uint32_t *)(void *)((uint8_t *)f + size);
            follow_stage(f->stages + i);
        }
        size += (step->state_words + source_words(step)) * sizeof(uint32_t);
        record += embq_pair(record + 1);
    }
    for (i = 0; f != NULL && i < t->steps[5]; i++) {
        f->splitters[i] = record;
        record += record[0];
    }
    if (f != NULL && (t->steps[2] & EMBQ_HAS_WHOLE) != 0) f->whole = record;
    return round_up(size);
}

/* Bytes behind a word that the model needs, of those that the window, symbols and these have. */
static size_t reserve(const embq_tokenizer *t, size_t size)
{
    switch (t->kind) {
    case EMBQ_TOKENIZER_BPE: return embq_merge_places(size / EMBQ_TOKENIZER_SYMBOL_SIZE) * EMBQ_TOKENIZER_SYMBOL_SIZE;
    case EMBQ_TOKENIZER_UNIGRAM: return EMBQ_UNIGRAM_PLACE_SIZE * (size_t)embq_unigram_places(&t->model.unigram);
    default: return 0;
    }
}

/* Symbols that one byte of a word may become. */
static uint32_t symbols_per_byte(const embq_tokenizer *t)
{
    return (t->steps[2] & (EMBQ_SYMBOLS | EMBQ_MARKS_SPACES)) == (EMBQ_SYMBOLS_BYTES | EMBQ_MARKS_SPACES) ? 3 : 1;
}

#if EMBQ_SPANS
static size_t scratch_for(const embq_tokenizer *t, size_t length)
#else
size_t embq_pipeline_scratch(const embq_tokenizer *t, size_t length)
#endif
{
    size_t text = length * t->steps[3] + HEADROOM + 4, size;
    if (text < LEAST_WINDOW) text = LEAST_WINDOW;
    size = text * (BYTE_SIZE + SYMBOL_SIZE * symbols_per_byte(t));
    return state_size(t, NULL) + 8 + size + reserve(t, size + size / 16 + 64); /* of itself too */
}

/* Divides the scratch; 0: it is too small. */
static int carve(flow *f, const embq_tokenizer *t, void *scratch, size_t size)
{
    size_t used = sizeof(flow), symbols, reserved;
    uint32_t i, k = 0;
    if (size < used) return 0;
    memset(f, 0, sizeof(flow));
    used = state_size(t, f);
    if (size < used) return 0;
    size -= used;
    if (size > 0x7FFFFFFFu) size = 0x7FFFFFFFu;
    reserved = reserve(t, size);
    if (size < reserved + (BYTE_SIZE + (size_t)SYMBOL_SIZE) * LEAST_WINDOW) return 0;
    size -= reserved;
    f->t = t;
    f->stage_count = t->steps[4];
    f->splitter_count = t->steps[5];
    f->capacity = (uint32_t)(size / (BYTE_SIZE + SYMBOL_SIZE * symbols_per_byte(t)));
    symbols = (size - BYTE_SIZE * (size_t)f->capacity) / SYMBOL_SIZE;
    f->symbol_count = (uint32_t)symbols;
    f->symbols = (embq_symbol *)(void *)((uint8_t *)scratch + used);
    f->window = (uint8_t *)(f->symbols + symbols) + reserved;
#if EMBQ_SPANS
    f->spans = (embq_span *)(void *)f->window;
    f->sources = (uint32_t *)(void *)(f->spans + symbols);
    f->window = (uint8_t *)(f->sources + f->capacity);
#endif
    for (i = 0; i < t->special_count; i++) {
        const uint8_t first = t->special_text[k];
        f->first_bytes[first >> 3] |= (uint8_t)(1u << (first & 7));
        k += t->special_lengths[i];
    }
    return 1;
}

#endif
