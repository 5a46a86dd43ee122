/* SPDX-License-Identifier: Apache-2.0 */
/* Tries of units, numbers of 5 bits: two of them, below nodes 0 and 1. Nodes are numbered level by level, so the
 * children of a node lie side by side, behind those of the nodes before it. A byte a node says where they are: how many
 * of the nodes before have children, and where their groups of children end. Every 16th place is written down. */
#ifndef EMBQ_TRIE_H
#define EMBQ_TRIE_H

#include "embq_symbols.h"

/* The counts of the tables, from a section's header; false when it has none. */
int embq_trie_measure(const uint8_t *header, embq_model_tables *tables);
/* Points *w into the tables and checks them; the byte behind its own. NULL when a rule is broken. */
const uint8_t *embq_trie_open(embq_trie *w, const uint8_t *header, const embq_model_tables *tables,
                              uint32_t vocabulary);
/* The node that a symbol leads to, 0 when there is none. */
uint32_t embq_trie_next(const embq_trie *w, uint32_t node, uint32_t symbol);
/* True if a piece ends at a node; its number, of those that end at nodes. */
int embq_trie_ends(const embq_trie *w, uint32_t node);
uint32_t embq_trie_piece(const embq_trie *w, uint32_t node);

#endif
