/* SPDX-License-Identifier: Apache-2.0 */
/* WordPiece: takes the longest piece of the vocabulary again and again; a word that it cannot finish is one unknown id.
 *
 * The pieces are two tries, one for pieces that begin a word and one for those that continue it. */
#include "embq_extension.h"
#include "embq_pipeline.h"
#include "embq_splitter.h"
#include "embq_trie.h"

enum { HEADER_SIZE = 44, LONGEST = 1000 };

static int measure(const embq_tokenizer *t, const uint8_t *header, uint32_t size, embq_model_tables *tables)
{
    if ((t->flags & ~(uint32_t)(EMBQ_FLAG_EXTENDED | EMBQ_FLAG_PIPELINE | EMBQ_FLAG_STEPS)) != 0 || size < HEADER_SIZE)
        return 0;
    tables->symbols = embq_read16(header + 20);
    return embq_trie_measure(header, tables);
}

static int open_tables(embq_tokenizer *t, const uint8_t *header, const embq_model_tables *tables)
{
    embq_wordpiece *w = &t->model.wordpiece;
    w->unknown = (uint16_t)embq_read16(header + 24);
    w->longest = (uint16_t)embq_read16(header + 42);
    return w->unknown < t->vocabulary && w->longest <= LONGEST &&
           embq_trie_open(&w->trie, header, tables, t->vocabulary) != NULL;
}

EMBQ_ALWAYS_INLINE size_t find_pieces(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    const embq_wordpiece *w = &t->model.wordpiece;
    size_t at = 0, count = 0;
    while (at < length) {
        uint32_t node = at > 0 ? 1 : 0, last = 0;
        size_t next = at, end = at;
        do {
            node = embq_trie_next(&w->trie, node, word[next++].id);
            if (node == 0) break;
            if (embq_trie_ends(&w->trie, node)) {
                last = node;
                end = next;
            }
        } while (next < length);
        if (last == 0) {
            word[0].id = w->unknown;
            if (spans != NULL) spans[0] = (embq_span){spans[0].start, spans[length - 1].end};
            return 1;
        }
        /* Its symbols are read: count <= at. */
        if (spans != NULL) spans[count] = (embq_span){spans[at].start, spans[end - 1].end};
        word[count++].id = w->trie.pieces[embq_trie_piece(&w->trie, last)];
        at = end;
    }
    return count;
}

static size_t split(const embq_tokenizer *t, embq_symbol *word, size_t length)
{
    return find_pieces(t, word, length, NULL);
}

size_t embq_split_wordpiece_spans(const embq_tokenizer *t, embq_symbol *word, size_t length, embq_span *spans)
{
    return find_pieces(t, word, length, spans);
}

const embq_tokenizer_kind embq_tokenizer_wordpiece = {measure, open_tables, split, HEADER_SIZE};
