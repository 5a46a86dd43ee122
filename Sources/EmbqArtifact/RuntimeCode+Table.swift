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
        36 183
        464 184 185 186 187 188 189
        244 179 180 190 191 192 193
        152 179 180 194 195
        508 196 197 198
        168 199 200
        200 180 190 191 201
        424
        220 179 180 194 202
        100 203
        64 204 205
        260
        88 179 180
        96 179 180
        152 206 207
        64 189
        76 179 180 201
        68 208
        116 180 181 191 209
        380 210
        160 180 204 211
        140 179 180 193
        516 188 212 213
        76 179
        180 206
        216 214 215
        144 179 192 215 216
        260 179 180 190 192 193 217
        620 184 185 186 188 218 219 220
        636 199 200 221 222
        384 180 190 191 193 201 217 221
        148 203 223
        108 205 224 225
        72 220
        124 179 180 201
        80 223 226
        72 224 225 227
        104 179 228
        448 206
        104 180 228
        740 206 229 230
        64 179 180 182
        8 183
        120 188 208 213 231
        76 179 180
        276 179 180 211 228
        1176
        120 179 192 209 216
        208 208
        56 226
        36 204 227
        140 0
        56 179
        196 206 212 230
        48 179
        48 179 180
        232 206 212 230
        108 215 222
        116 180 217
        452 184 185 186 232 233
        284 179 180 190 191 192
        480 234
        184 179 180 194 201 202
        152 235
        300 171 236 237 238
        56
        92 58 60
        15
        64 239
        192 240
        500 241 242 243 244
        196 49 240 245
        756 243 244 246 247 248 249
        20 248
        4 245
        24 49
        52 243
        80 49 148
        332 148 243
        52 49
        300 243 250
        300 243 250
        28
        172
        64
        228 251
        308 252
        440 251 253
        468 148 153 254 255 256 257
        80 148 254 256
        80
        120
        216 151 252 258 259 260 261
        68 262 263
        1688 148 254 255 262 263 264 265 266 267 268 269 270 271 272 273
        592 240 274
        72 275 276
        1812 148 254 255 273 275 276 277 278 279 280 281 282 283 284 285 286 287 288 289 290
        200 291
        188 292 293
        100 294
        124 295 296 297
        48 292
        48 294
        88 298
        312 169 235 298
        84 57
        56 57
        212 299 300
        256
        712
        52 301
        1008 251 302
        76
        72
        92
        40
        72 194 195
        240 196 303 304
        76
        20
        196
        152 305
        92 306
        480 307 308 309
        32
        16 310
        40
        80
        44 311
        44 311
        44
        44
        200 312
        20
        196 313 314
        36
        40 311
        444 189 198 315
        68 201
        348 180 193 194 201 202 204 211 316
        12
        136
        12
        48
        12
        40 311
        28
        148
        300
        36
        156 317 318
        20 310
        36
        160 319
        184 215 320
        36
        96 321
        196 322
        84 178 202
        116 201 322
        668 188 212 213 315 316
        232 179 180 193 202 204 316
        36 190
        36
        148 229
        136
        140
        268 213
        204 323
        112
        8
        28 324
        1084 148 254 255 325 326 327 328
        635
        104
        228
        48
        128
        28 329
        340 49 240
        52
        32
        364 243 244 249
        20
        36 244
        28
        80 329
        44
        28 329
        120
        64 148
        24 254
        72
        252 252 260 330
        56
        96 331 332
        44
        156
        168 272
        84 148 250
        40 333
        12 266
        56 148 250
        380 264 265 268 334
        3
        112
        300 148 335
        160 336
        184
        44
        172
        296 252 258 259 260 261 337
        52 148 338 339
        44 148 339
        284 148 338 339 340
        92 148 280
        40 281
        336 148 341
        184 283
        348 278 279 284 338 342
        3
        116
        68
        356 291
        184 295 296 297
        552 295 296 297 343
        284 251 344
        4
        68 344
        68 345
        8
        32 346
        3
        556 148 254 255 347 348 349 350
        36
        64
        4
        92 351
        124 352
        96
        136
        100
        248
        256
        68 317
        156
        184
        124
        132
        68 210
        28
        68
        84 317
        96
        440 353
        116
        48
        92
        144 58 171
        116 354
        28
        108
        92 290 327 337
        32
        64 331 332
        60
        56
        32 349
        40 148 254
        248 148
        96 355 356
        396 252
        36
        28 250
        48 327
        312 148
        40 148 254
        284
        4
        180 344 346
        64 344
        116 357
        68
        80
        76 349
        140
        168
        20 358 359 360 361 362
        196 326 328
        76 148
        296 355 363
        160 350
        492
        268
        184
        156
        128
        80 250
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
