/* SPDX-License-Identifier: Apache-2.0 */
/* Leads a text through the pipeline, from the window's words to ids: see embq_pipeline.h. */
#include "embq_window.h"

enum {
    SPLITTER_PREFIX = 0x30, /* of a splitter's second word: a space goes before a piece that has none: */
    PREFIX_ALWAYS = 0x10,
    PREFIX_FIRST = 0x20, /* before the text's beginning */
    PREFIX_MARK = 0x40,  /* U+2581 is one too */

    MARK = 0x2581
};

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
