/* Leads a text through the pipeline: see embq_pipeline.h. */
#include "embq_pipeline.h"
#include "embq_added.h"
#include "embq_internal.h"
#include "embq_splitter.h"

/* embq_pipeline_spans.c compiles this file again, with 1: then it follows where each id comes from. */
#ifndef EMBQ_SPANS
#define EMBQ_SPANS 0
#endif

enum {
    SPLITTER_PREFIX = 0x30, /* of a splitter's second word: a space goes before a piece that has none: */
    PREFIX_ALWAYS = 0x10,
    PREFIX_FIRST = 0x20, /* before the text's beginning */
    PREFIX_MARK = 0x40,  /* U+2581 is one too */

    /* Of special_flags and folded_flags. */
    LEFT_STRIP = 2,
    RIGHT_STRIP = 4,

    HEADROOM = 4, /* bytes before the window's text, where a space may be put */
    CHUNK = 512,  /* bytes that the window is filled up with at a time */
    LEAST_WINDOW = 64,
    MARK = 0x2581
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

#if !EMBQ_SPANS
/* ---- Tables ---- */

static uint32_t classes_words(const uint16_t *classes, uint32_t left)
{
    if (left <= 128 || !embq_ranges_fit(classes + 128, left - 128, 1)) return 0;
    return 128 + EMBQ_RANGES_STARTS + 2 * (uint32_t)classes[128];
}

/* Words that are one token, rising by their symbols: the number of symbols, the id, the symbols. */
static uint32_t whole_words(const embq_tokenizer *t, const uint16_t *whole, uint32_t left)
{
    uint32_t at = 1, i, k;
    if (left == 0) return 0;
    for (i = 0; i < whole[0]; i++) {
        if (left - at < 2 || whole[at] > left - at - 2 || whole[at + 1] >= t->vocabulary) return 0;
        for (k = 0; k < whole[at]; k++) {
            if (whole[at + 2 + k] >= t->vocabulary) return 0;
        }
        at += 2 + (uint32_t)whole[at];
    }
    return at;
}

uint32_t embq_pipeline_open(embq_tokenizer *t, const uint16_t *p, uint32_t left, const embq_parts *parts,
                            embq_status *status)
{
    uint32_t words, at = EMBQ_PIPELINE_HEADER, i, part, kinds = 0;
    *status = EMBQ_ERROR_TOKENIZER;
    if (left < EMBQ_PIPELINE_HEADER) return 0;
    words = embq_pair(p);
    if (words > left || words < EMBQ_PIPELINE_HEADER || p[2] > 127 || (p[2] & EMBQ_SYMBOLS) > EMBQ_SYMBOLS_BYTES ||
        p[3] == 0 || p[4] > EMBQ_MAX_STEPS || p[5] > EMBQ_MAX_SPLITTERS)
        return 0;
    if ((t->kind == EMBQ_TOKENIZER_UNIGRAM) != ((p[2] & EMBQ_SYMBOLS) == EMBQ_SYMBOLS_BYTES)) return 0;
    if ((p[2] & EMBQ_SYMBOLS) == EMBQ_SYMBOLS_IDS && (p[2] & EMBQ_HAS_BYTES) == 0) return 0;
    if (t->kind == EMBQ_TOKENIZER_WORDPIECE && (p[2] & (EMBQ_HAS_BYTES | EMBQ_HAS_WHOLE)) != 0) return 0;
    if ((p[2] & EMBQ_HAS_BYTES) != 0) {
        if (words - at < 256) return 0;
        for (i = 0; i < 256; i++) {
            if (p[at + i] >= t->vocabulary && (p[at + i] != EMBQ_NO_ID || (p[2] & EMBQ_SYMBOLS) != EMBQ_SYMBOLS_IDS))
                return 0;
        }
        at += 256;
    }
    if (p[6] != 0) {
        if (p[6] > words - at || classes_words(p + at, p[6]) != p[6]) return 0;
        at += p[6];
    }
    for (i = 0; i < p[4]; i++) {
        const embq_text_step *step;
        if (words - at < 3) return 0;
        part = embq_pair(p + at + 1);
        if (part < 3 || part > words - at || p[at] == 0 || p[at] >= EMBQ_STEP_LIMIT) return 0;
        step = p[at] < parts->step_count ? parts->steps[p[at]] : NULL;
        if (step == NULL) {
            *status = EMBQ_ERROR_OPERATION;
            return 0;
        }
        if (!step->check(p + at + 3, part - 3, p[6] != 0)) return 0;
        kinds |= 1u << p[at] >> 1;
        at += part;
    }
    for (i = 0; i < p[5]; i++) {
        part = embq_splitter_words(p + at, words - at, p[6] != 0);
        if (part == 0) return 0;
        at += part;
    }
    if ((p[2] & EMBQ_HAS_WHOLE) != 0) {
        part = whole_words(t, p + at, words - at);
        if (part == 0) return 0;
        at += part;
    }
    if (at != words || (t->flags & EMBQ_FLAG_STEPS) >> EMBQ_STEPS_SHIFT != kinds || p[9] != 0) return 0;
    t->steps = p;
    t->step_kinds = parts->steps;
    return words;
}
#endif

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
    default: return embq_split_bpe_spans(t, f->symbols, count, f->spans);
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

/* Bytes behind a word that the model needs. */
static size_t reserve(const embq_tokenizer *t)
{
    return t->kind == EMBQ_TOKENIZER_UNIGRAM ? EMBQ_UNIGRAM_PLACE_SIZE * (size_t)embq_unigram_places(&t->model.unigram)
                                             : 0;
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
    size_t text = length * t->steps[3] + HEADROOM + 4;
    if (text < LEAST_WINDOW) text = LEAST_WINDOW;
    return state_size(t, NULL) + reserve(t) + 8 + text * (BYTE_SIZE + SYMBOL_SIZE * symbols_per_byte(t));
}

/* Divides the scratch; 0: it is too small. */
static int carve(flow *f, const embq_tokenizer *t, void *scratch, size_t size)
{
    size_t used = sizeof(flow), symbols;
    uint32_t i, k = 0;
    if (size < used) return 0;
    memset(f, 0, sizeof(flow));
    used = state_size(t, f) + reserve(t);
    if (size < used + (BYTE_SIZE + (size_t)SYMBOL_SIZE) * LEAST_WINDOW) return 0;
    size -= used;
    if (size > 0x7FFFFFFFu) size = 0x7FFFFFFFu;
    f->t = t;
    f->stage_count = t->steps[4];
    f->splitter_count = t->steps[5];
    f->capacity = (uint32_t)(size / (BYTE_SIZE + SYMBOL_SIZE * symbols_per_byte(t)));
    symbols = (size - BYTE_SIZE * (size_t)f->capacity) / SYMBOL_SIZE;
    f->symbol_count = (uint32_t)symbols;
    f->symbols = (embq_symbol *)(void *)((uint8_t *)scratch + (used - reserve(t)));
    f->window = (uint8_t *)(f->symbols + symbols) + reserve(t);
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

/* ---- Words ---- */

#if EMBQ_SPANS
/* Goes back over so many characters; null: the text has not so many. */
static const uint8_t *back(const flow *f, const uint8_t *at, uint32_t count)
{
    for (; count > 0 && at != f->text; count--) at = before(f->text, at);
    return count == 0 ? at : NULL;
}

/* Takes the spaces off that a token has at its ends, as a post-processor of byte levels does. */
static void trim(const flow *f, embq_span *span, uint32_t leading, uint32_t trailing)
{
    const uint8_t *start = f->text + span->start, *end = f->text + span->end, *last;
    /* One may have been put before the text. */
    if (leading == 1 && (!f->has_put || span->start == 0) && (f->t->steps[2] & EMBQ_KEEPS_FIRST) != 0) leading = 0;
    for (; leading > 0 && start < end; leading--) (void)embq_decode(&start, f->text_end);
    last = back(f, end, trailing);
    if (last != NULL) end = last > start ? last : start;
    *span = (embq_span){(uint32_t)(start - f->text), (uint32_t)(end - f->text)};
}

/* How many characters of space a text begins and ends with; `any`: not only spaces. */
static void count_space(const flow *f, const uint8_t *at, const uint8_t *end, int any, uint32_t *leading,
                        uint32_t *trailing)
{
    int is_start = 1;
    for (*leading = 0, *trailing = 0; at != end;) {
        const uint32_t code = embq_decode(&at, end);
        const int is = code == ' ' || (any && is_space(f, code));
        *trailing = is ? *trailing + 1 : 0;
        is_start = is_start && is;
        if (is_start) (*leading)++;
    }
}

static int put_span(flow *f, uint16_t id, embq_span *span, const uint8_t *at, const uint8_t *end, int any)
{
    if ((f->t->steps[2] & EMBQ_TRIMS) != 0) {
        uint32_t leading, trailing;
        count_space(f, at, end, any, &leading, &trailing);
        if (leading > 0 || trailing > 0) trim(f, span, leading, trailing);
    }
    f->has_put = 1;
    if (!f->is_full && !embq_put_id_at(f->reading, id, span)) f->is_full = 1;
    return !f->is_full;
}

/* An id that comes from bytes of the window. */
static int put_window(flow *f, uint16_t id, uint32_t from, uint32_t to, int any)
{
    const uint8_t *end = f->text + f->sources[to - 1];
    embq_span span = {f->sources[from], 0};
    (void)embq_decode(&end, f->text_end);
    span.end = place_of(f, end);
    return put_span(f, id, &span, f->window + from, f->window + to, any);
}

static int put_raw(flow *f, uint16_t id, const uint8_t *from, const uint8_t *to)
{
    embq_span span = {place_of(f, from), place_of(f, to)};
    return put_span(f, id, &span, from, to, 1);
}

static int put_symbol(flow *f, size_t symbol)
{
    return put_window(f, f->symbols[symbol].id, f->spans[symbol].start, f->spans[symbol].end, 0);
}
#else
static int put(flow *f, uint16_t id)
{
    if (!f->is_full && !embq_put_id(f->reading, id)) f->is_full = 1;
    return !f->is_full;
}

static int put_window(flow *f, uint16_t id, uint32_t from, uint32_t to, int any)
{
    (void)from;
    (void)to;
    (void)any;
    return put(f, id);
}

static int put_raw(flow *f, uint16_t id, const uint8_t *from, const uint8_t *to)
{
    (void)from;
    (void)to;
    return put(f, id);
}

static int put_symbol(flow *f, size_t symbol) { return put(f, f->symbols[symbol].id); }
#endif

/* Adds a symbol that bytes of the window are. */
static int add_symbol(flow *f, uint32_t *count, uint32_t id, uint32_t attributes, const uint8_t *from,
                      const uint8_t *to)
{
    if (*count == f->symbol_count) return 0;
    note_symbol(f, *count, from, to);
    f->symbols[*count].id = (uint16_t)id;
    f->symbols[*count].attributes = (uint16_t)attributes;
    (*count)++;
    return 1;
}

/* Adds the symbols of a character of the map. */
static int add_mapped(flow *f, uint32_t *count, uint32_t code, const uint8_t *bytes, uint32_t size, const uint8_t *from,
                      const uint8_t *to)
{
    const embq_tokenizer *t = f->t;
    const uint32_t range = embq_range_of(t, code), kind = t->range_kinds[range];
    const uint16_t *ids = embq_byte_ids(t);
    uint32_t symbol = t->range_values[range], i;
    if ((kind & EMBQ_OPERATION) == EMBQ_RUN) symbol += (code & 0xFFFF) - t->range_starts[range];
    else if ((kind & EMBQ_OPERATION) != EMBQ_SAME) return 1;
    if (ids != NULL && ((kind & EMBQ_UNKNOWN) != 0 || symbol == EMBQ_NO_ID)) {
        for (i = 0; i < size; i++) {
            const uint8_t *at = bytes == from ? from + i : from;
            if (!add_symbol(f, count, ids[bytes[i]], 0, at, at + 1)) return 0;
        }
        return 1;
    }
    return symbol == EMBQ_NO_ID || add_symbol(f, count, symbol, kind & EMBQ_UNKNOWN, from, to);
}

/* Makes symbols of the window's bytes from f->word to `end`. Returns 0 if they do not fit. */
static int collect(flow *f, uint32_t end, uint32_t *count)
{
    static const uint8_t mark[3] = {0xE2, 0x96, 0x81};
    const uint32_t options = f->t->steps[2];
    const uint16_t *ids = embq_byte_ids(f->t);
    const uint8_t *at = f->window + f->word, *stop = f->window + end;
    *count = 0;
    while (at != stop) {
        const uint8_t *bytes = at, *from = at;
        uint32_t size, i, code;
        if ((options & EMBQ_SYMBOLS) == EMBQ_SYMBOLS_IDS) {
            const uint32_t id = ids[*at++], unknown = id == f->t->steps[8] ? EMBQ_UNKNOWN : 0;
            if (id != EMBQ_NO_ID && !add_symbol(f, count, id, unknown, bytes, at)) return 0;
            continue;
        }
        code = embq_decode(&at, stop);
        size = (uint32_t)(at - bytes);
        if (code == ' ' && (options & EMBQ_MARKS_SPACES) != 0) {
            code = MARK;
            bytes = mark;
            size = sizeof mark;
        }
        if ((options & EMBQ_SYMBOLS) == EMBQ_SYMBOLS_BYTES) {
            for (i = 0; i < size; i++) {
                /* The character counts as a whole; the mark has more bytes than it. */
                if (!add_symbol(f, count, bytes[i], 0, from, at)) return 0;
            }
        } else if (!add_mapped(f, count, code, bytes, size, from, at)) {
            return 0;
        }
    }
    return 1;
}

/* The id of a word that is one token, or EMBQ_NO_ID. */
static uint32_t whole_id(const flow *f, uint32_t count)
{
    const uint16_t *at;
    uint32_t i, k;
    if (f->whole == NULL) return EMBQ_NO_ID;
    at = f->whole + 1;
    for (i = 0; i < f->whole[0]; i++, at += 2 + (uint32_t)at[0]) {
        if (at[0] != count) continue;
        for (k = 0; k < count && at[2 + k] == f->symbols[k].id; k++) {}
        if (k == count) return at[1];
    }
    return EMBQ_NO_ID;
}

static embq_status end_word(flow *f, uint32_t end)
{
    const embq_tokenizer *t = f->t;
    uint32_t count, whole;
    size_t i, ids;
    if (!collect(f, end, &count)) return EMBQ_ERROR_WORD;
    f->word = end;
    f->is_start = 0;
    if (count == 0) return EMBQ_OK;
    whole = whole_id(f, count);
    if (whole != EMBQ_NO_ID) {
        join_symbols(f, count);
        f->symbols[0].id = (uint16_t)whole;
        (void)put_symbol(f, 0);
    } else if (t->kind == EMBQ_TOKENIZER_WORDPIECE && count > t->model.wordpiece.longest) {
        join_symbols(f, count);
        f->symbols[0].id = t->model.wordpiece.unknown;
        (void)put_symbol(f, 0);
    } else {
        ids = split_word(f, count);
        for (i = 0; i < ids && put_symbol(f, i); i++) {}
    }
    return EMBQ_OK;
}

/* Puts a space before the piece of a splitter that begins at the word, where the splitter says so. */
static void put_prefix(flow *f, uint32_t splitter)
{
    const uint8_t *at = f->window + f->word, *end = f->window + f->length;
    const uint32_t flags = f->splitters[splitter][1];
    uint32_t code;
    if ((flags & SPLITTER_PREFIX) == 0 || at == end) return;
    if ((flags & SPLITTER_PREFIX) == PREFIX_FIRST && !f->is_start) return;
    code = embq_decode(&at, end);
    if (code == ' ' || (code == MARK && (flags & PREFIX_MARK) != 0)) return;
    f->window[--f->word] = ' ';
    move_byte(f, f->word, f->word + 1);
    for (; splitter < f->splitter_count; splitter++) f->ends[splitter] = f->word;
}

/* Finds the end of the word. Returns 0 if more text is needed first; *is_removed: it is no word. */
static int find_word(flow *f, uint32_t *end, int *is_removed)
{
    uint32_t i;
    *end = f->segment;
    *is_removed = 0;
    if (f->splitter_count == 0) return f->is_finished || f->token != f->t->folded_count;
    for (i = 0; i < f->splitter_count; i++) {
        embq_view view;
        if (f->ends[i] > f->word) {
            *end = f->ends[i];
            continue;
        }
        if (f->is_fresh[i]) put_prefix(f, i);
        f->is_fresh[i] = 0;
        view = (embq_view){.classes = f->classes, .bytes = f->window, .end = *end, .places = f->places};
        view.goes_on = i == 0 && !f->is_finished && f->token == f->t->folded_count;
        *end = embq_next_piece(f->splitters[i], &view, f->word, is_removed);
        if (view.is_short) return 0;
        f->ends[i] = *end;
        if (*is_removed) return 1;
        if (i + 1 < f->splitter_count) f->is_fresh[i + 1] = 1;
    }
    return 1;
}

/* True if nothing of a text's first character is left: what follows does not begin the text. */
static int loses_first(flow *f, const uint8_t *at, const uint8_t *end)
{
    const uint8_t *next = at;
    (void)embq_decode(&next, end);
    begin_segment(f, at, next, 0);
    return fill(f, f->capacity) == EMBQ_OK && f->length == HEADROOM;
}

/* Makes the ids of the text from one raw token to the next. */
static embq_status segment(flow *f, const uint8_t *at, const uint8_t *end, int is_start)
{
    embq_status status = EMBQ_OK;
    if (is_start && f->stage_count > 0) is_start = !loses_first(f, at, end);
    begin_segment(f, at, end, is_start);
    if (f->splitter_count > 0) f->is_fresh[0] = 1;
    status = fill_more(f);
    if (status == EMBQ_OK) status = find_token(f);
    while (status == EMBQ_OK && !f->is_full) {
        uint32_t stop;
        int is_removed;
        if (f->word >= f->segment) {
            if (f->token != f->t->folded_count) {
                (void)put_window(f, f->t->folded_ids[f->token], f->segment, f->token_end, 1);
                f->segment = f->token_end;
                f->word = f->token_end;
                f->is_start = 0;
                if (f->splitter_count > 0) f->is_fresh[0] = 1;
            } else if (f->is_finished) {
                break;
            } else {
                status = fill_more(f);
            }
            if (status == EMBQ_OK) status = find_token(f);
        } else if (!find_word(f, &stop, &is_removed)) {
            status = fill_more(f);
            f->segment = f->length;
        } else if (is_removed) {
            f->word = stop;
            f->is_start = 0;
        } else {
            status = end_word(f, stop);
        }
    }
    return status;
}

/* ---- Texts ---- */

/* The next raw token from `at` on: where it begins, special_count if there is none. */
static uint32_t next_token(const flow *f, const uint8_t *start, const uint8_t *at, const uint8_t *end,
                           const uint8_t **begin, const uint8_t **stop)
{
    const embq_tokenizer *t = f->t;
    while (at != end) {
        const uint8_t *next = at;
        if ((f->first_bytes[*at >> 3] >> (*at & 7) & 1) != 0) {
            const uint32_t found = embq_find_special(t, start, at, end, &next);
            if (found != t->special_count) {
                *begin = at;
                *stop = next;
                return found;
            }
        }
        at = next != at ? next : at + 1;
    }
    *begin = end;
    *stop = end;
    return t->special_count;
}

#if EMBQ_SPANS
static embq_status make_ids(const embq_tokenizer *t, const uint8_t *start, const uint8_t *end, void *scratch,
                            size_t scratch_size, void *reading)
#else
embq_status embq_pipeline_text(const embq_tokenizer *t, const uint8_t *start, const uint8_t *end, void *scratch,
                               size_t scratch_size, void *reading)
#endif
{
    flow *f = scratch;
    const uint8_t *at = start, *search = start;
    embq_status status = EMBQ_OK;
    if (start == end) return EMBQ_OK;
    if (((uintptr_t)scratch & 7u) != 0) {
        const size_t by = 8 - ((uintptr_t)scratch & 7u);
        if (scratch_size < by) return EMBQ_ERROR_WORD;
        f = (flow *)(void *)((uint8_t *)scratch + by);
        scratch_size -= by;
    }
    if (!carve(f, t, f, scratch_size)) return EMBQ_ERROR_WORD;
    f->reading = reading;
#if EMBQ_SPANS
    f->text = start;
    f->text_end = end;
#endif
    while (status == EMBQ_OK && !f->is_full && (at != end || search != end)) {
        const uint8_t *begin, *last;
        /* Space that a token takes may be another token. */
        const uint32_t found = next_token(f, start, search, end, &begin, &search);
        const uint32_t flags = found == t->special_count || t->special_flags == NULL ? 0 : t->special_flags[found];
        last = (flags & LEFT_STRIP) != 0 && begin > at ? without_space(f, at, begin) : begin;
        if (last > at) status = segment(f, at, last, at == start);
        at = (flags & RIGHT_STRIP) != 0 ? past_space(f, search, end) : search;
        if (found != t->special_count && status == EMBQ_OK) (void)put_raw(f, t->special_ids[found], last, at);
    }
    return status;
}

#if EMBQ_SPANS
const embq_tokenizer_pipeline embq_tokenizer_places = {embq_pipeline_open, embq_pipeline_text, embq_pipeline_scratch,
                                                       make_ids, scratch_for};
#else
const embq_tokenizer_pipeline embq_tokenizer_steps = {embq_pipeline_open, embq_pipeline_text, embq_pipeline_scratch,
                                                      NULL, NULL};
#endif
