/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a text that no map of single characters describes (the pipeline of Schemas/tokenizer-section.md): steps
 * normalize it into a window, splitters cut the window into words, and the model makes ids of a word's symbols.
 *
 * A step takes one code point at a time and gives texts, so a text of any length needs memory for one window. */
#ifndef EMBQ_PIPELINE_H
#define EMBQ_PIPELINE_H

#include "embq_symbols.h"

#define EMBQ_TEXT_END 0x110000u /* as a code point: the text ends here */

enum {
    /* Flags of the section: the pipeline is there, and which kinds of steps it has: the lowest bit is kind 1. */
    EMBQ_FLAG_PIPELINE = 8,
    EMBQ_FLAG_STEPS = 0x7F00,
    EMBQ_STEPS_SHIFT = 8,

    EMBQ_MAX_STEPS = 12,
    EMBQ_MAX_SPLITTERS = 6,
    EMBQ_MAX_ITEMS = 16, /* of one alternative of a pattern */

    /* Kinds of steps. */
    EMBQ_STEP_MAP = 1,
    EMBQ_STEP_CANONICAL = 2,
    EMBQ_STEP_REPLACE = 3,
    EMBQ_STEP_SQUEEZE = 4,
    EMBQ_STEP_STRIP = 5,
    EMBQ_STEP_PREPEND = 6,
    EMBQ_STEP_CHARSMAP = 7,
    EMBQ_STEP_LIMIT = 8
};

/* The pipeline's record: its words (two), what it does, most bytes that it makes of one byte, the number of steps and
 * of splitters, words of the table of classes, classes that are space, the unknown among ids of bytes. What follows:
 * ids of bytes, classes, steps, splitters, words that are one token. */
enum {
    EMBQ_PIPELINE_HEADER = 10,
    EMBQ_SYMBOLS = 3,        /* what the symbols of a word are: */
    EMBQ_SYMBOLS_MAPPED = 0, /* those of the character map */
    EMBQ_SYMBOLS_IDS = 1,    /* the ids of its bytes */
    EMBQ_SYMBOLS_BYTES = 2,  /* its bytes */
    EMBQ_HAS_BYTES = 4,      /* ids of bytes are there; those of an unknown character stand for it */
    EMBQ_MARKS_SPACES = 8,   /* a space is U+2581 in a word */
    EMBQ_HAS_WHOLE = 16,     /* words that are one token are there */
    EMBQ_TRIMS = 32,         /* spaces at a token's ends are not among the bytes that it comes from, */
    EMBQ_KEEPS_FIRST = 64    /* but for one space that begins the text */
};

/* A table of ranges of code points: their number, the first range of each plane and the number again, the ranges'
 * starts in their plane. What follows belongs to whoever has the table. */
enum { EMBQ_RANGES_PLANES = 1, EMBQ_RANGES_STARTS = 19 };

/* One step of one text. */
typedef struct embq_stage {
    const embq_text_step *step;
    const uint16_t *data;    /* its record, after the kind and the size */
    uint32_t *state;         /* [step->state_words], zero when a text begins */
    const uint8_t *at, *end; /* what it has given and nobody has taken */
    const uint16_t *classes; /* of the pipeline */
    uint8_t own[12];         /* code points that it gives, three at most */
    uint8_t failed;          /* it needs more memory than it has */
    uint32_t source;         /* where in the text the code point comes from that it takes */
    const uint32_t *from;    /* where each code point that it gives does; */
    uint32_t from_count;     /* the last one of these is that of all that follow */
    uint32_t *sources;       /* [step->source_words], zero when a text begins; null: nobody asks */
} embq_stage;

struct embq_text_step {
    /* Checks a record of `words` words. */
    int (*check)(const uint16_t *data, uint32_t words, int has_classes);
    /* Takes a code point, or the text's end. Returns 0 if it is to be given again, after what the step gives now. */
    int (*feed)(embq_stage *stage, uint32_t code);
    uint32_t state_words;
    uint32_t source_words; /* what it needs more if places in the text are asked for */
};

/* Takes an id of the text that is read; with the place that it comes from. Returns 0 when no more are wanted. */
int embq_put_id(void *reading, uint16_t id);
int embq_put_id_at(void *reading, uint16_t id, const embq_span *span);

struct embq_tokenizer_pipeline {
    /* Checks the pipeline, which has `left` words at most, and points *t to it. Returns its words; 0: refused. */
    uint32_t (*open)(embq_tokenizer *t, const uint16_t *pipeline, uint32_t left, const embq_parts *parts,
                     embq_status *status);
    /* Makes the ids of a text. */
    embq_status (*text)(const embq_tokenizer *t, const uint8_t *start, const uint8_t *end, void *scratch,
                        size_t scratch_size, void *reading);
    /* Scratch that is always enough for a text of `length` bytes. */
    size_t (*scratch)(const embq_tokenizer *t, size_t length);
    /* The same for those who ask where ids come from; null: they are left out. */
    embq_status (*text_spans)(const embq_tokenizer *t, const uint8_t *start, const uint8_t *end, void *scratch,
                              size_t scratch_size, void *reading);
    size_t (*scratch_spans)(const embq_tokenizer *t, size_t length);
};

/* The first three of them. */
uint32_t embq_pipeline_open(embq_tokenizer *t, const uint16_t *pipeline, uint32_t left, const embq_parts *parts,
                            embq_status *status);
embq_status embq_pipeline_text(const embq_tokenizer *t, const uint8_t *start, const uint8_t *end, void *scratch,
                               size_t scratch_size, void *reading);
size_t embq_pipeline_scratch(const embq_tokenizer *t, size_t length);

/* True if `words` words hold a table of ranges with `per_range` more words per range. */
int embq_ranges_fit(const uint16_t *table, uint32_t words, uint32_t per_range);
/* The range of a code point. */
uint32_t embq_ranges_find(const uint16_t *table, uint32_t code);
/* The classes of a code point: a bit for each. */
uint32_t embq_classes_of(const uint16_t *classes, uint32_t code);

/* Ids of bytes, or null. */
static inline const uint16_t *embq_byte_ids(const embq_tokenizer *t)
{
    return (t->steps[2] & EMBQ_HAS_BYTES) != 0 ? t->steps + EMBQ_PIPELINE_HEADER : NULL;
}

/* What Unigram needs behind a word: so many places of this size. */
enum { EMBQ_UNIGRAM_PLACE_SIZE = 12 };
static inline uint32_t embq_unigram_places(const embq_unigram *u) { return u->longest < 4 ? 5u : u->longest + 1u; }

/* Gives one code point; gives a text. */
void embq_give(embq_stage *stage, uint32_t code);
void embq_give_text(embq_stage *stage, const uint8_t *text, uint32_t length);
/* What is given now comes from these places; from one place. */
static inline void embq_give_from(embq_stage *stage, const uint32_t *from, uint32_t count)
{
    stage->from = from;
    stage->from_count = count;
}

/* A text in words: its bytes, low byte first; the first one is their number. */
static inline const uint8_t *embq_text_of(const uint16_t *at, uint32_t *length)
{
    const uint8_t *bytes = (const uint8_t *)(const void *)at;
    *length = bytes[0];
    return bytes + 1;
}

/* Words of a text that may have `left` words; 0: it has more, or is not UTF-8. */
uint32_t embq_text_words(const uint16_t *at, uint32_t left);

static inline uint32_t embq_pair(const uint16_t *at) { return at[0] | (uint32_t)at[1] << 16; }

/* What one code point becomes, by a table (embq_map.c). */
int embq_map_fits(const uint16_t *map, uint32_t words);
/* Gives it. Returns 0 if the table does not have the code point, which is then given as it is. */
int embq_map_give(embq_stage *stage, const uint16_t *map, uint32_t code);

/* ---- Splitting ----------------------------------------------------------------------------------------------- */

/* Text that a splitter looks at. */
typedef struct embq_view {
    const uint16_t *classes;
    const uint8_t *bytes;
    uint32_t end;
    int goes_on;      /* more text follows `end`, which is not there yet */
    int is_short;     /* the answer depends on it */
    uint32_t *places; /* [2 * EMBQ_MAX_ITEMS] for use while a pattern is matched */
} embq_view;

/* Words of a splitter's record; 0: it does not fit. */
uint32_t embq_splitter_words(const uint16_t *record, uint32_t left, int has_classes);
/* The end of the piece that begins at `at`, before view->end. *is_removed: it is no word. */
uint32_t embq_next_piece(const uint16_t *record, embq_view *view, uint32_t at, int *is_removed);

#endif
