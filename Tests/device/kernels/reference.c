/* embq_kernels.c once more, portable and renamed. */
#define EMBQ_NO_SIMD
#define embq_linear reference_linear
#define embq_add_codes reference_add_codes
#define embq_mix_codes reference_mix_codes
#define embq_dot16 reference_dot16
#define embq_linear16 reference_linear16
#define embq_requantize_row reference_requantize_row
#define embq_activate_row reference_activate_row
#define embq_combine_rows reference_combine_rows
#define embq_sum_of_squares reference_sum_of_squares
#define embq_scale_row reference_scale_row
#define embq_scale_row16 reference_scale_row16
#define embq_narrow_row reference_narrow_row
#define embq_exponentials reference_exponentials
#define embq_mix reference_mix
#define embq_scores16 reference_scores16
#define embq_mix16 reference_mix16
#define embq_convolve reference_convolve

#include "embq_kernels.c"
