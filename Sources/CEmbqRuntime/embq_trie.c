/* SPDX-License-Identifier: Apache-2.0 */
/* Tries of units, which the tables of WordPiece and Unigram have. */
#include "embq_trie.h"

enum {
    ROOTS = 2, /* nodes 0 and 1 */
    BLOCK = 32,
    HALF = BLOCK / 2,
    PAST = 3, /* nodes are read four at a time: as many zeros are behind them at least */
    UNITS = 32,
    MORE_LIMIT = 4,
    MOST_TOPS = 1024, /* so that places of their children fit 16 bits */

    /* `children`: the first child of a block, and how many its first half has, at most 512. */
    NODE_BITS = 22,
    MOST_NODES = (1 << NODE_BITS) - 1,

    /* The byte of a node: the unit that leads to it, and flags by their place. */
    LABEL = UNITS - 1,
    IS_LAST = 5, /* of the children of one node */
    HAS_CHILDREN = 6,
    ENDS = 7 /* a piece ends here */
};

/* One in each byte. */
#define EACH 0x01010101u

static uint32_t block_count(uint32_t nodes) { return (nodes + PAST + BLOCK - 1) / BLOCK; }

/* Nodes whose children need no search: the first ones, which most look-ups pass. */
static uint32_t top_count(uint32_t blocks) { return blocks / 2 < MOST_TOPS ? blocks / 2 : MOST_TOPS; }

static int has(uint8_t node, int flag) { return node >> flag & 1; }

int embq_trie_measure(const uint8_t *header, embq_model_tables *tables)
{
    const uint32_t nodes = embq_read32(header + 36);
    uint32_t blocks;
    if (nodes < ROOTS || nodes > MOST_NODES) return 0;
    blocks = block_count(nodes);
    tables->wide_count = blocks;
    tables->narrow_count = top_count(blocks) + 1 + blocks + embq_read16(header + 22);
    tables->byte_count = BLOCK * blocks;
    return 1;
}

/* The node behind a group of children; 0 if it is not a group. */
static uint32_t group_end(const embq_trie *w, uint32_t first, uint32_t nodes)
{
    uint32_t child = first;
    do {
        if (child >= nodes || (child > first && (w->nodes[child] & LABEL) <= (w->nodes[child - 1] & LABEL))) return 0;
    } while (!has(w->nodes[child++], IS_LAST));
    return child;
}

const uint8_t *embq_trie_open(embq_trie *w, const uint8_t *header, const embq_model_tables *tables, uint32_t vocabulary)
{
    const uint32_t nodes = embq_read32(header + 36), blocks = block_count(nodes), pieces = embq_read16(header + 22);
    uint32_t node, child = ROOTS, piece = 0;
    w->children = tables->wide;
    w->tops = tables->narrow;
    w->top_count = (uint16_t)top_count(blocks);
    w->earlier = w->tops + w->top_count + 1;
    w->pieces = w->earlier + blocks;
    w->nodes = tables->bytes;
    w->more = (uint16_t)embq_read16(header + 40);

    if (w->more == 0 || w->more > MORE_LIMIT || !embq_ids_fit(w->pieces, pieces, vocabulary)) return NULL;
    for (node = 0; node < BLOCK * blocks; node++) {
        const uint8_t byte = w->nodes[node];
        const uint32_t block = w->children[node / BLOCK], first = block & MOST_NODES;
        if (node <= w->top_count && w->tops[node] != child) return NULL;
        if (node % BLOCK == 0 && (first != child || w->earlier[node / BLOCK] != piece)) return NULL;
        if (node % BLOCK == HALF && first + (block >> NODE_BITS) != child) return NULL;
        if (node < ROOTS && (byte & ~(1u << HAS_CHILDREN)) != 0) return NULL;
        if (node >= nodes && byte != 0) return NULL;
        piece += byte >> ENDS;
        if (!has(byte, HAS_CHILDREN)) continue;
        if (child <= node) return NULL; /* a node is some earlier node's child */
        child = group_end(w, child, nodes);
        if (child == 0) return NULL;
    }
    return child == nodes && piece == pieces ? w->nodes + BLOCK * blocks : NULL;
}

/* A flag of four nodes: a byte of each, 0 or 1. */
static uint32_t four(const uint8_t *nodes, int flag) { return embq_read32(nodes) >> flag & EACH; }

/* How many of the nodes from `first` on have a flag: 32 nodes at most. */
static inline uint32_t count(const uint8_t *nodes, uint32_t first, uint32_t end, int flag)
{
    uint32_t sums = 0;
    for (; first + 4 <= end; first += 4) sums += four(nodes + first, flag);
    sums += four(nodes + first, flag) & ((1u << 8 * (end - first)) - 1u);
    return sums * EACH >> 24;
}

/* Which of the nodes from `first` on has this label; 0 when none has. */
static uint32_t find_label(const uint8_t *nodes, uint32_t first, uint32_t end, uint32_t label)
{
    /* Labels rise: before this one are at most as many as there are smaller ones. */
    if (end - first > label) end = first + label + 1;
    while (end > first) {
        const uint32_t found = nodes[--end] & LABEL;
        if (found <= label) return found == label ? end : 0;
    }
    return 0;
}

/* The child of a node with this label, 0 when there is none. */
static uint32_t find_child(const embq_trie *w, uint32_t node, uint32_t label)
{
    const uint8_t *nodes = w->nodes;
    uint32_t child, groups, ends;
    if (node < w->top_count) return find_label(nodes, w->tops[node], w->tops[node + 1], label);
    if (!has(nodes[node], HAS_CHILDREN)) return 0;
    child = w->children[node / BLOCK] & MOST_NODES;
    if ((node & HALF) != 0) child += w->children[node / BLOCK] >> NODE_BITS;
    /* As many groups are in front of its own as nodes with children are in front of it. */
    groups = count(nodes, node - node % HALF, node, HAS_CHILDREN);
    while ((ends = four(nodes + child, IS_LAST) * EACH >> 24) < groups) {
        groups -= ends;
        child += 4;
    }
    while (groups > 0) groups -= (uint32_t)has(nodes[child++], IS_LAST);
    /* Labels rise; the last one counts as more than any. */
    while ((nodes[child] & (LABEL | 1u << IS_LAST)) < label) child++;
    return (nodes[child] & LABEL) == label ? child : 0;
}

uint32_t embq_trie_next(const embq_trie *w, uint32_t node, uint32_t symbol)
{
    const uint32_t more = 1u << w->more, singles = UNITS - more;
    while (symbol >= singles) {
        symbol -= singles;
        node = find_child(w, node, singles + (symbol & (more - 1u)));
        if (node == 0) return 0;
        symbol >>= w->more;
    }
    return find_child(w, node, symbol);
}

int embq_trie_ends(const embq_trie *w, uint32_t node) { return has(w->nodes[node], ENDS); }

uint32_t embq_trie_piece(const embq_trie *w, uint32_t node)
{
    return w->earlier[node / BLOCK] + count(w->nodes, node - node % BLOCK, node, ENDS);
}
