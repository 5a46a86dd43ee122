/* The portable kernels under other names, beside those that the core's build chose. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "embq_kernels.h"

__typeof__(embq_linear) reference_linear;
__typeof__(embq_add_codes) reference_add_codes;
__typeof__(embq_mix_codes) reference_mix_codes;
__typeof__(embq_dot16) reference_dot16;
__typeof__(embq_linear16) reference_linear16;
__typeof__(embq_requantize_row) reference_requantize_row;
__typeof__(embq_activate_row) reference_activate_row;
__typeof__(embq_combine_rows) reference_combine_rows;
__typeof__(embq_sum_of_squares) reference_sum_of_squares;
__typeof__(embq_scale_row) reference_scale_row;
__typeof__(embq_exponentials) reference_exponentials;
__typeof__(embq_mix) reference_mix;
__typeof__(embq_scores16) reference_scores16;
__typeof__(embq_mix16) reference_mix16;
__typeof__(embq_convolve) reference_convolve;

#endif
