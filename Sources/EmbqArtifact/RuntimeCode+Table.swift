// Written by Tests/device/code.py: do not edit. arm-none-eabi-gcc 12.2.1, Cortex-M4, -Os.
extension RuntimeCode {
    /// Bytes of `embq_model` where addresses have 32 bits.
    package static let modelSize = 192

    /// A section in each line: its bytes, and the sections that it needs, by their lines.
    static let sections = """
        32
        216 2 57 58 59 60
        8
        236 61 62
        20
        56 63
        44 63
        12 64 65
        12 66 67
        12 68 69
        12 70 71
        12 72 73
        12 74 75
        12 76 77
        12 78 79
        12 80 81
        12 82 83
        12 84 85
        12 86 87
        12 88 89
        12 90 91
        12 92 93
        12 94 95
        12 96 97
        12 98 99
        12 100 101
        12 102 103
        12 104 105
        12 106 107
        12 108 109
        12 110 111
        12 112 113
        12 114 115
        12 116 117
        12 118 119
        12 120 121
        12 122 123
        12 124 125
        12 126 127
        68 128 129 130
        32 59 131
        24 132 133
        16 134 135
        16 136 137
        16 138 139
        16 140 141
        16 142 143
        16 144 145
        16 146 147
        68 148
        16 149 150 151
        20 152 153 154 155 156
        16 149 150 157
        20 158 159 160 161 162
        20 158 159 160
        16 163 164 165
        16 166 167 168
        76 169
        120 170 171
        24 128
        80 172 173
        328 174
        32
        1020 175 176 177
        136 178 179 180 181 182
        220 183 184
        464 185 186 187 188 189 190
        244 179 180 191 192 193 194
        152 179 180 195 196
        560 184 197 198
        168 199 200
        200 180 193 194 201
        424
        220 179 180 202 203
        100 204
        64 205 206
        260
        88 179 180
        96 179 180
        152 207 208
        64 190
        76 179 180 201
        68 209
        116 180 181 194 210
        380 211
        160 180 205 212
        140 179 180 192
        516 189 213 214
        76 179
        180 207
        216 215 216
        144 179 191 216 217
        260 179 180 191 192 193 218
        620 185 186 187 189 219 220 221
        636 199 200 222 223
        384 180 192 193 194 201 218 222
        148 204 224
        88 206 225
        72 221
        124 179 180 201
        80 224 226
        56 225 227
        104 179 228
        448 207
        104 180 228
        740 207 229 230
        64 179 180 182
        196 184 231
        120 189 209 214 232
        76 179 180
        276 179 180 212 228
        1176
        120 179 191 210 217
        208 209
        56 226
        36 205 227
        140 0
        56 179
        196 207 213 230
        48 179
        48 179 180
        232 207 213 230
        108 216 223
        116 180 218
        452 185 186 187 233 234
        284 179 180 191 193 194
        480 235
        180 179 180 201 202 203
        152 236
        300 171 237 238 239
        56
        92 58 60
        15
        64 240
        192 241
        500 242 243 244 245
        196 49 241 246
        756 244 245 247 248 249 250
        20 249
        4 246
        24 49
        52 244
        80 49 148
        332 148 244
        52 49
        300 244 251
        300 244 251
        28
        172
        64
        228 252
        308 253
        440 252 254
        468 148 153 255 256 257 258
        80 148 255 257
        80
        120
        216 151 253 259 260 261 262
        68 263 264
        1688 148 255 256 263 264 265 266 267 268 269 270 271 272 273 274
        592 241 275
        72 276 277
        1812 148 255 256 274 276 277 278 279 280 281 282 283 284 285 286 287 288 289 290 291
        200 292
        188 293 294
        100 295
        124 296 297 298
        48 293
        48 295
        88 299
        312 169 236 299
        84 57
        56 57
        212 300 301
        256
        712
        52 302
        1008 252 303
        88
        72
        92
        40
        76 195 196
        124 304
        44
        76
        20
        196
        152 305
        92 306
        480 307 308 309
        40
        80
        32
        16 310
        48 311
        48 311
        44
        200 312
        20
        196 313 314
        36
        24 212
        32 315
        444 190 198 316
        80 201
        316 180 192 201 202 203 205 212 317
        12
        136
        12
        48
        12
        32 315
        28
        148
        300
        36
        156 318 319
        20 310
        36
        160 320
        184 216 321
        36
        96 322
        196 323
        184 178 201 203 323
        668 189 213 214 316 317
        232 179 180 192 203 205 317
        36 193
        36
        148 229
        92 324
        136
        140
        268 214
        204 325
        112
        8
        28 326
        1084 148 255 256 327 328 329 330
        635
        104
        228
        48
        128
        28 331
        340 49 241
        52
        32
        364 244 245 250
        20
        36 245
        28
        80 331
        44
        28 331
        120
        64 148
        24 255
        72
        252 253 261 332
        56
        96 333 334
        44
        156
        168 273
        84 148 251
        40 335
        12 267
        56 148 251
        380 265 266 269 336
        3
        112
        300 148 337
        160 338
        184
        44
        172
        296 253 259 260 261 262 339
        52 148 340 341
        44 148 341
        284 148 340 341 342
        92 148 281
        40 282
        336 148 343
        184 284
        348 279 280 285 340 344
        3
        116
        68
        356 292
        184 296 297 298
        552 296 297 298 345
        284 252 346
        4
        68 346
        68 347
        8
        32 348
        3
        556 148 255 256 349 350 351 352
        36
        64
        4
        168
        96
        136
        100
        248
        256
        68 318
        172 315
        184
        124
        132
        116
        68 211
        28
        68
        84 318
        96
        440 353
        116
        48
        140
        92
        144 58 171
        116 354
        28
        108
        92 291 329 339
        32
        64 333 334
        60
        56
        32 351
        40 148 255
        248 148
        96 355 356
        396 253
        36
        28 251
        48 329
        312 148
        40 148 255
        284
        4
        180 346 348
        64 346
        116 357
        68
        80
        76 351
        20 358 359 360 361 362
        196 328 330
        76 148
        296 355 363
        160 352
        492
        268
        184
        156
        128
        80 251
        """

    /// What firmware can refer to: a symbol and its section in each line.
    static let symbols = """
        embq_best 0
        embq_check 1
        embq_check_count 2
        embq_check_sha256 3
        embq_label 4
        embq_open_sections 5
        embq_open_with 6
        embq_operation_activate 7
        embq_operation_attend 8
        embq_operation_combine 9
        embq_operation_convolve 10
        embq_operation_curve 11
        embq_operation_embed 12
        embq_operation_gate 13
        embq_operation_join 14
        embq_operation_linear 15
        embq_operation_load 16
        embq_operation_look_up 17
        embq_operation_norm 18
        embq_operation_output 19
        embq_operation_pack 20
        embq_operation_packed_attend 21
        embq_operation_packed_convolve 22
        embq_operation_packed_embed 23
        embq_operation_packed_linear 24
        embq_operation_packed_table_norm 25
        embq_operation_pool 26
        embq_operation_pooled 27
        embq_operation_requantize 28
        embq_operation_rescale 29
        embq_operation_scan 30
        embq_operation_store 31
        embq_operation_table_norm 32
        embq_operation_tag 33
        embq_operation_unit 34
        embq_operation_unit_row 35
        embq_operation_unpack 36
        embq_operation_wide_attend 37
        embq_operation_wide_linear 38
        embq_run_tags 39
        embq_run_text 40
        embq_status_text 41
        embq_text_canonical 42
        embq_text_charsmap 43
        embq_text_map 44
        embq_text_prepend 45
        embq_text_replace 46
        embq_text_squeeze 47
        embq_text_strip 48
        embq_text_words 49
        embq_tokenizer_bpe 50
        embq_tokenizer_conditions 51
        embq_tokenizer_merges 52
        embq_tokenizer_places 53
        embq_tokenizer_steps 54
        embq_tokenizer_unigram 55
        embq_tokenizer_wordpiece 56
        """
}
